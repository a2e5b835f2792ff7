// A web page that generates audio from text, and its endpoints. appsettings.json contains the model and the limits.
using SoundBoard;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddSoundBoard();

var app = builder.Build();
app.UseSoundBoard();
await app.RunAsync();

// A page that makes sound from text, and the endpoints behind it. appsettings.json has the model and the limits.
using SoundBoard;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddSoundBoard();

var app = builder.Build();
app.UseSoundBoard();
await app.RunAsync();

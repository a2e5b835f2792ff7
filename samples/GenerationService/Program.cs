// A service that generates audio:
//   dotnet run --project samples/GenerationService -- --urls http://127.0.0.1:5000
//   curl -X POST "http://127.0.0.1:5000/generate?text=heavy%20rain&seconds=3" -o rain.wav
using AudioCraft;
using AudioCraft.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAudioCraft(options =>
{
    options.Model = "audiogen-tiny";              // or "facebook/audiogen-medium"
    options.MaxDuration = 10;
    options.MaxQueueLength = 32;
});
builder.Services.AddHealthChecks().AddAudioCraft();

var app = builder.Build();
app.MapHealthChecks("/healthz");
app.MapPost("/generate", async (string text, double? seconds, long? seed, ISoundGenerator generator, CancellationToken cancellationToken) =>
{
    try
    {
        var sound = await generator.GenerateAsync(new SoundRequest(text) { Duration = seconds, Seed = seed }, cancellationToken: cancellationToken);
        using var audio = sound.ToTensor();
        var file = new MemoryStream();
        AudioFile.Write(file, audio, sound.SampleRate);
        return Results.File(file.ToArray(), "audio/wav", "audio.wav");
    }
    catch (ArgumentException error)
    {
        return Results.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
    }
    catch (QueueFullException error)
    {
        return Results.Problem(error.Message, statusCode: StatusCodes.Status429TooManyRequests);
    }
    catch (SoundModelUnavailableException error)
    {
        return Results.Problem(error.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
});
app.Run();

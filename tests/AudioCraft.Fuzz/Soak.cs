using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Fuzz;

/// <summary>Native tensors and resident memory at one point of a soak run.</summary>
internal sealed record SoakReading(int Calls, long LiveTensors, long ResidentBytes);

/// <summary>Many mixed calls of one process: generation, streams, continuation, codecs and files, some canceled, some with errors.</summary>
internal static class Soak
{
    /// <summary>Runs the calls. Returns ten readings, each after a collection.</summary>
    public static IReadOnlyList<SoakReading> Run(int calls, Action<string> print)
    {
        using var model = AudioGen.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        using var codec = CompressionModel.GetPretrained(Golden.File("dac_tiny", "dac_weights.pth"), CPU);
        using var audio = randn([1, 1, 4000], generator: new Generator(1)).mul_(0.1f);
        List<SoakReading> readings = [];
        for (var call = 0; call <= calls; call++)
        {
            if (call % Math.Max(1, calls / 10) == 0)
            {
                var reading = new SoakReading(call, LiveTensors.Count(), Environment.WorkingSet);
                readings.Add(reading);
                print(string.Create(CultureInfo.InvariantCulture, $"{reading.Calls} calls: {reading.LiveTensors} live tensors, {reading.ResidentBytes >> 20} MB resident"));
            }

            Call(call, model, codec, audio).GetAwaiter().GetResult();
        }

        return readings;
    }

    private static async Task Call(int call, AudioGen model, CompressionModel codec, Tensor audio)
    {
        var parameters = new GenerationParams { Duration = 0.2 + (0.1 * (call % 4)), Seed = call };
        switch (call % 9)
        {
            case 0:
                model.Generate($"sound {call}", parameters).Dispose();
                break;
            case 1:
                model.Generate(["rain", "wind", "a dog"], parameters).Dispose();
                break;
            case 2:
                (await model.GenerateAsync("rain", parameters)).Dispose();
                break;
            case 3:
                var chunks = 0;
                await foreach (var chunk in model.GenerateStreamingAsync("rain", parameters))
                {
                    chunk.Dispose();
                    if (++chunks == 2)
                    {
                        break;
                    }
                }

                break;
            case 4:
                model.GenerateContinuation(audio[0..1, .., 0..1000], model.SampleRate, ["rain"], parameters with { Duration = 0.6 }).Dispose();
                break;
            case 5:
                using (var source = new CancellationTokenSource())
                {
                    await Canceled(() => model.GenerateAsync("rain", parameters, new Cancel(source), source.Token));
                }

                break;
            case 6:
                var (codes, scale) = codec.Encode(audio);
                codec.Decode(codes, scale).Dispose();
                codes.Dispose();
                scale?.Dispose();
                break;
            case 7:
                using (var stream = new MemoryStream())
                {
                    AudioFile.Write(stream, audio, 16000);
                    stream.Position = 0;
                    AudioFile.Read(stream).Wav.Dispose();
                }

                break;
            default:
                Fails<ArgumentException>(() => model.Generate(Array.Empty<string>()));
                Fails<AudioFormatException>(() => AudioFile.Read(new MemoryStream(new byte[100])));
                break;
        }
    }

    private static async Task Canceled(Func<Task<Tensor>> action)
    {
        try
        {
            (await action()).Dispose();
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw new InvalidOperationException("The call was canceled and returned a result.");
    }

    private static void Fails<TException>(Func<object> action) where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException)
        {
            return;
        }

        throw new InvalidOperationException($"{typeof(TException).Name} was expected.");
    }

    private sealed class Cancel(CancellationTokenSource source) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => source.Cancel();
    }
}

using AudioCraft.Audio;
using AudioCraft.Conditioning;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests;

/// <summary>
/// Every object that owns native memory can be disposed from another thread while a call uses it. The call completes or throws <see cref="ObjectDisposedException"/>;
/// memory that is freed too early would end the process.
/// </summary>
[Collection(ProcessWideState.Name)]
public class DisposalTests
{
    private const int Rounds = 12;

    public static TheoryData<string> Calls { get; } =
    [
        "Encode", "Decode", "DecodeLatent", "forward", "EncodeStream", "DecodeStream", "encoder stream", "decoder stream", "stereo", "DAC",
        "Generate", "GenerateStreamingAsync", "ContinueRecording", "LM of Generate", "codec of Generate", "LMModel.forward", "T5TextEncoder", "T5Conditioner",
        "AudioConverter", "WaveformBuffer of tensors", "WaveformBuffer of spans", "WaveformBuffer.ToTensor",
    ];

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Calls))]
    public void Object_can_be_disposed_from_another_thread_during_a_call(string name)
    {
        var before = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            using var scope = NewDisposeScope();
            var (disposable, call, owners) = Create(name);
            using var started = new ManualResetEventSlim();
            Exception? thrown = null;
            var worker = new Thread(() =>
            {
                using var own = NewDisposeScope();
                try
                {
                    // Until the disposal takes effect.
                    for (var i = 0; i < 1_000_000; i++)
                    {
                        started.Set();
                        call();
                    }
                }
                catch (Exception error)
                {
                    thrown = error;
                }
            });
            worker.Start();
            started.Wait();
            Thread.Sleep(round * 3);
            disposable.Dispose();
            worker.Join();
            foreach (var owner in owners)
            {
                owner.Dispose();
            }

            Assert.True(thrown is ObjectDisposedException, $"{name}, round {round}: {thrown?.ToString() ?? "no exception"}");
            scope.Dispose();
            if (round == 1)
            {
                before = LiveTensors.Count();
            }
        }

        // TorchSharp counts some parameters of modules twice; every round must leave the same number.
        Assert.InRange(LiveTensors.Count() - before, 0, before);
    }

    [Fact]
    public void Disposed_objects_throw_ObjectDisposedException()
    {
        foreach (var name in Calls)
        {
            using var scope = NewDisposeScope();
            var (disposable, call, owners) = Create(name);
            disposable.Dispose();
            disposable.Dispose();
            Assert.Throws<ObjectDisposedException>(call);
            foreach (var owner in owners)
            {
                owner.Dispose();
            }
        }
    }

    private static (IDisposable Disposable, Action Call, IDisposable[] Owners) Create(string name)
    {
        var audio = zeros(1, 1, 32000);
        if (CreateForAudio(name, audio[0]) is { } created)
        {
            return created;
        }

        if (name is "Generate" or "GenerateStreamingAsync" or "ContinueRecording" or "LM of Generate" or "codec of Generate" or "LMModel.forward" or "T5TextEncoder" or "T5Conditioner")
        {
            var model = AudioGen.GetPretrained("audiogen-tiny", CPU);
            model.GenerationParams = model.GenerationParams with { Duration = 1 };
            var conditioner = (T5Conditioner)model.LM.Conditioners["description"];
            var tokens = zeros(2, 4, 50, dtype: ScalarType.Int64);
            return name switch
            {
                "Generate" => (model, () => model.Generate("rain").Dispose(), []),
                "GenerateStreamingAsync" => (model, () => ReadAsync(model).GetAwaiter().GetResult(), []),
                "ContinueRecording" => (model, () => model.ContinueRecording(audio, 16000).Dispose(), []),
                "LM of Generate" => (model.LM, () => model.Generate("rain").Dispose(), [model]),
                "codec of Generate" => (model.CompressionModel, () => model.Generate("rain").Dispose(), [model]),
                "LMModel.forward" => (model.LM, () => model.LM.forward(tokens, zeros(2, 3, 192)).Dispose(), [model]),
                "T5TextEncoder" => (conditioner.TextEncoder, () => conditioner.TextEncoder.Encode(ones(4, 100, dtype: ScalarType.Int64), ones(4, 100, dtype: ScalarType.Int64)).Dispose(), [model]),
                _ => (conditioner, () => conditioner.Encode(["rain", "wind in the trees"]), [model]),
            };
        }

        if (name == "DAC")
        {
            var dac = new DacModel(new DacConfig { EncoderDimension = 8, DecoderDimension = 64 });
            dac.eval();
            var input = zeros(1, 1, 8192);
            return (dac, () => dac.Decode(dac.Encode(input).Codes), []);
        }

        var codec = CompressionModel.GetPretrained(Golden.Directory("audiogen_tiny_checkpoint"), CPU);
        if (name == "stereo")
        {
            var stereo = new InterleaveStereoCompressionModel(codec);
            var input = zeros(1, 2, 32000);
            return (stereo, () => stereo.Decode(stereo.Encode(input).Codes), []);
        }

        var codes = zeros(1, 4, 100, dtype: ScalarType.Int64);
        var (encoder, decoder) = (codec.CreateStreamingEncoder(), codec.CreateStreamingDecoder());
        return name switch
        {
            "Encode" => (codec, () => codec.Encode(audio), [encoder, decoder]),
            "Decode" => (codec, () => codec.Decode(codes).Dispose(), [encoder, decoder]),
            "DecodeLatent" => (codec, () => codec.DecodeLatent(codes).Dispose(), [encoder, decoder]),
            "forward" => (codec, () => codec.forward(audio).Dispose(), [encoder, decoder]),
            "EncodeStream" => (codec, () => _ = codec.EncodeStream([audio]).Count(), [encoder, decoder]),
            "DecodeStream" => (codec, () => _ = codec.DecodeStream([codes]).Count(), [encoder, decoder]),
            "encoder stream" => (encoder, () => encoder.Push(audio)?.Dispose(), [decoder, codec]),
            "decoder stream" => (decoder, () => decoder.Push(codes)?.Dispose(), [encoder, codec]),
            _ => throw new ArgumentException(name, nameof(name)),
        };
    }

    private static (IDisposable Disposable, Action Call, IDisposable[] Owners)? CreateForAudio(string name, Tensor audio)
    {
        if (name == "AudioConverter")
        {
            var converter = new AudioConverter(16000, 1, 44100, 1);
            return (converter, () => converter.Convert(audio).Dispose(), []);
        }

        var buffer = new WaveformBuffer(1);
        var samples = new float[32000];
        return name switch
        {
            "WaveformBuffer of tensors" => (buffer, () => Bounded(() => buffer.Append(audio)), []),
            "WaveformBuffer of spans" => (buffer, () => Bounded(() => buffer.Append(samples)), []),
            "WaveformBuffer.ToTensor" => (buffer, () => buffer.ToTensor().Dispose(), []),
            _ => null,
        };

        // The memory of the buffer must not grow until it is disposed.
        void Bounded(Action append)
        {
            append();
            if (buffer.Frames > 1 << 20)
            {
                buffer.ToTensor().Dispose();
            }
        }
    }

    private static async Task ReadAsync(AudioGen model)
    {
        await foreach (var chunk in model.GenerateStreamingAsync("rain"))
        {
            chunk.Dispose();
        }
    }
}

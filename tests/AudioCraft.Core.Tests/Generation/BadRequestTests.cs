using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>Invalid requests throw with the value and leak no tensors.</summary>
[Collection(ProcessWideState.Name)]
public class BadRequestTests
{
    [Fact]
    public void Empty_list_of_descriptions_throws() => Refused<ArgumentException>("list of descriptions is empty", model => model.Generate(Array.Empty<string>()));

    [Fact]
    public void More_windows_than_supported_throw()
    {
        Refused<ArgumentOutOfRangeException>("windows", model => model.EstimateMemory(1, new GenerationParams { Duration = 1e7 }));
        Refused<ArgumentOutOfRangeException>("windows", model => model.Generate("rain", new GenerationParams { Duration = 1e6, ExtendStride = 0.02 }));
    }

    [Fact]
    public void More_items_than_supported_throw() => Refused<ArgumentOutOfRangeException>("numSamples", model => model.GenerateUnconditional(int.MaxValue));

    [Fact]
    public void Null_description_throws() => Refused<ArgumentException>("Description 1 of 2", model => model.Generate(["rain", null!]));

    [Fact]
    public void Null_list_or_text_throws()
    {
        Refused<ArgumentNullException>("descriptions", model => model.Generate((IReadOnlyList<string>)null!));
        Refused<ArgumentNullException>("description", model => model.Generate((string)null!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Duration_of_zero_or_less_throws(double duration) =>
        Refused<ArgumentOutOfRangeException>("Duration", model => model.GenerationParams = new GenerationParams { Duration = duration });

    [Fact]
    public void Duration_below_one_frame_throws() => Refused<ArgumentOutOfRangeException>("0.019", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 0.019 };
        model.Generate("rain");
    });

    [Fact]
    public void Duration_beyond_the_frame_limit_throws() => Refused<ArgumentOutOfRangeException>("Duration", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 1e12 };
        model.Generate("rain");
    });

    [Fact]
    public void Stride_not_below_the_window_throws_for_long_durations() => Refused<ArgumentOutOfRangeException>("ExtendStride of 3 s", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 4, ExtendStride = 3 };
        model.Generate("rain");
    });

    [Fact]
    public void Stride_below_one_frame_throws() => Refused<ArgumentOutOfRangeException>("ExtendStride of 0.01 s", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 4, ExtendStride = 0.01 };
        model.Generate("rain");
    });

    [Fact]
    public void Prompt_as_long_as_the_duration_throws() => Refused<ArgumentException>("25 frames", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 0.5 };
        using var prompt = zeros(1, 8000);
        model.GenerateContinuation(prompt, 16000);
    });

    [Fact]
    public void Prompt_of_wrong_shape_or_type_or_not_finite_throws()
    {
        Refused<ArgumentException>("[16]", model => WithPrompt(zeros(16), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("[1, 0]", model => WithPrompt(zeros(1, 0), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("Int64", model => WithPrompt(zeros(1, 900, dtype: ScalarType.Int64), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("not finite", model => WithPrompt(full(1, 900, float.NaN), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("3 descriptions for 1", model => WithPrompt(zeros(1, 900), prompt => model.GenerateContinuation(prompt, 16000, ["a", "b", "c"])));
        Refused<ArgumentOutOfRangeException>("promptSampleRate", model => WithPrompt(zeros(1, 900), prompt => model.GenerateContinuation(prompt, 0)));
    }

    [Fact]
    public void Parameters_out_of_range_throw()
    {
        Refused<ArgumentOutOfRangeException>("TopK", model => model.SetGenerationParams(topK: -1));
        Refused<ArgumentOutOfRangeException>("TopP", model => model.SetGenerationParams(topP: 1.5));
        Refused<ArgumentOutOfRangeException>("Temperature", model => model.SetGenerationParams(temperature: -0.1));
        Refused<ArgumentOutOfRangeException>("CfgCoef", model => model.SetGenerationParams(cfgCoef: double.NaN));
        Refused<ArgumentOutOfRangeException>("ExtendStride", model => model.SetGenerationParams(extendStride: 0));
        Refused<ArgumentOutOfRangeException>("numSamples", model => model.GenerateUnconditional(0));
    }

    [Fact]
    public void Disposed_model_throws()
    {
        var model = AudioGenTests.Load();
        model.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Generate("rain"));
    }

    private static void WithPrompt(Tensor prompt, Action<Tensor> action)
    {
        using (prompt)
        {
            action(prompt);
        }
    }

    private static void Refused<TException>(string names, Action<AudioGen> action)
        where TException : Exception
    {
        using var model = AudioGenTests.Load();
        LiveTensors.NoneLeft(() => Assert.Contains(names, Assert.Throws<TException>(() => action(model)).Message, StringComparison.Ordinal));
    }
}

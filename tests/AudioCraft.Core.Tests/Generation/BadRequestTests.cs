using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Generation;

/// <summary>What cannot be generated is refused with the value named, and leaves nothing alive.</summary>
public class BadRequestTests
{
    [Fact]
    public void An_empty_list_of_descriptions() => Refused<ArgumentException>("no description", model => model.Generate(Array.Empty<string>()));

    [Fact]
    public void A_null_description() => Refused<ArgumentException>("Description 1 of 2", model => model.Generate(["rain", null!]));

    [Fact]
    public void A_null_list_or_text()
    {
        Refused<ArgumentNullException>("descriptions", model => model.Generate((IReadOnlyList<string>)null!));
        Refused<ArgumentNullException>("description", model => model.Generate((string)null!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_duration_that_is_not_above_zero(double duration) =>
        Refused<ArgumentOutOfRangeException>("Duration", model => model.GenerationParams = new GenerationParams { Duration = duration });

    [Fact]
    public void A_duration_of_less_than_a_frame() => Refused<ArgumentOutOfRangeException>("0.019", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 0.019 };
        model.Generate("rain");
    });

    [Fact]
    public void A_duration_of_more_frames_than_can_be_counted() => Refused<ArgumentOutOfRangeException>("Duration", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 1e12 };
        model.Generate("rain");
    });

    [Fact]
    public void A_duration_beyond_the_window_with_a_stride_that_does_not_fit_it() => Refused<ArgumentOutOfRangeException>("ExtendStride of 3 s", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 4, ExtendStride = 3 };
        model.Generate("rain");
    });

    [Fact]
    public void A_stride_of_less_than_a_frame() => Refused<ArgumentOutOfRangeException>("ExtendStride of 0.01 s", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 4, ExtendStride = 0.01 };
        model.Generate("rain");
    });

    [Fact]
    public void A_prompt_that_is_as_long_as_the_duration() => Refused<ArgumentException>("25 frames", model =>
    {
        model.GenerationParams = new GenerationParams { Duration = 0.5 };
        using var prompt = zeros(1, 8000);
        model.GenerateContinuation(prompt, 16000);
    });

    [Fact]
    public void A_prompt_of_another_shape_type_or_with_values_that_are_not_finite()
    {
        Refused<ArgumentException>("[16]", model => WithPrompt(zeros(16), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("[1, 0]", model => WithPrompt(zeros(1, 0), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("Int64", model => WithPrompt(zeros(1, 900, dtype: ScalarType.Int64), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("not finite", model => WithPrompt(full(1, 900, float.NaN), prompt => model.GenerateContinuation(prompt, 16000)));
        Refused<ArgumentException>("3 descriptions for 1", model => WithPrompt(zeros(1, 900), prompt => model.GenerateContinuation(prompt, 16000, ["a", "b", "c"])));
        Refused<ArgumentOutOfRangeException>("promptSampleRate", model => WithPrompt(zeros(1, 900), prompt => model.GenerateContinuation(prompt, 0)));
    }

    [Fact]
    public void Parameters_out_of_range()
    {
        Refused<ArgumentOutOfRangeException>("TopK", model => model.SetGenerationParams(topK: -1));
        Refused<ArgumentOutOfRangeException>("TopP", model => model.SetGenerationParams(topP: 1.5));
        Refused<ArgumentOutOfRangeException>("Temperature", model => model.SetGenerationParams(temperature: -0.1));
        Refused<ArgumentOutOfRangeException>("CfgCoef", model => model.SetGenerationParams(cfgCoef: double.NaN));
        Refused<ArgumentOutOfRangeException>("ExtendStride", model => model.SetGenerationParams(extendStride: 0));
        Refused<ArgumentOutOfRangeException>("numSamples", model => model.GenerateUnconditional(0));
    }

    [Fact]
    public void A_model_that_was_disposed_of()
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

using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class ErrorTests : ScopedTest
{
    [Fact]
    public void A_product_of_shapes_that_do_not_fit_is_an_exception_with_libtorchs_words_and_life_goes_on()
    {
        var error = Assert.Throws<ExternalException>(() => zeros(2, 3).matmul(zeros(2, 3)));

        Assert.Contains("mat1 and mat2", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame #", error.Message, StringComparison.Ordinal);
        Equal(zeros(1) + 1, [1], 1);
    }

    [Theory]
    [InlineData("shape")]
    [InlineData("type")]
    [InlineData("dimension")]
    [InlineData("view")]
    [InlineData("generator")]
    public void Every_failing_operator_is_an_ExternalException(string what)
    {
        Action action = what switch
        {
            "shape" => () => (zeros(2) + zeros(3)).Dispose(),
            "type" => () => zeros(2, 2).matmul(zeros([2, 2], ScalarType.Int64)),
            "dimension" => () => zeros(2).sum(3),
            "view" => () => zeros(2, 3).view(7),
            _ => () => tensor(new[] { -1f, 2f }).multinomial(1),
        };

        Assert.NotEmpty(Assert.Throws<ExternalException>(action).Message);
    }

    [Fact]
    public void A_device_that_is_not_there_is_said_to_be_missing()
    {
        Assert.Equal(cuda.device_count() > 0, cuda.is_available());
        if (!cuda.is_available())
        {
            Assert.Contains("CUDA", Assert.Throws<InvalidOperationException>(() => zeros([1], device: CUDA)).Message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => zeros(1).to(CUDA));
        }

        Assert.Throws<ArgumentException>(() => new Device("gpu"));
        Assert.Equal(1, new Device("cuda:1").index);
        Assert.Equal("cpu", CPU.ToString());
        Assert.Equal(DeviceType.META, zeros([3], device: META).device_type);
    }

    [Fact]
    public void Eight_threads_call_and_fail_at_once_and_each_gets_its_own_error()
    {
        var before = LiveTensors();
        var shared = ones(16);
        var failures = 0;
        var threads = Enumerable.Range(0, 8).Select(number => new Thread(() =>
        {
            for (var i = 0; i < 1500; i++)
            {
                using var scope = NewDisposeScope();
                var sum = (shared * number).sum().item<float>();
                var wrong = Assert.Throws<ExternalException>(() => zeros(2, number + 3).matmul(zeros(2, 3)));
                if (sum != 16 * number || !wrong.Message.Contains($"2x{number + 3}", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref failures);
                }
            }
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(0, failures);
        Equal(shared, [16], Enumerable.Repeat(1.0, 16).ToArray());
        shared.Dispose();
        CurrentDisposeScope!.DisposeEverything();
        Assert.Equal(before, LiveTensors());
    }
}

using AudioCraft.Kernels;
using AudioCraft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioCraft.Tests.Codecs;

[Collection(ProcessWideState.Name)]
public class DirectConv1dTests
{
    [Theory]
    [InlineData(1, 1, 32, 7, 1, 1, 3, 500)]
    [InlineData(2, 5, 6, 3, 1, 2, 2, 200)]
    [InlineData(1, 64, 64, 7, 1, 9, 27, 1500)]
    [InlineData(1, 16, 33, 1, 1, 1, 0, 64)]
    [InlineData(1, 16, 32, 4, 2, 1, 1, 333)]
    [InlineData(2, 8, 9, 16, 8, 1, 4, 1001)]
    [InlineData(1, 7, 12, 10, 5, 1, 0, 700)]
    [InlineData(1, 600, 8, 3, 1, 1, 1, 100)]
    [InlineData(1, 4, 5, 3, 3, 1, 5, 160)]
    public void Convolution_matches_libtorch(int items, int inputs, int outputs, int taps, int stride, int dilation, int padding, int length)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(taps);
        var (x, w, b) = (randn(items, inputs, length), randn(outputs, inputs, taps), randn(outputs));
        var expected = nn.functional.conv1d(x.@double(), w.@double(), b.@double(), stride, padding, dilation).@float();
        Near.Equal(expected, DirectConv1d.Run(x, w, b, stride, padding, dilation), 5e-6);
    }

    [Theory]
    [InlineData(1, 8, 16, 8, 4, 2, 0, 50)]
    [InlineData(2, 5, 6, 10, 5, 3, 0, 201)]
    [InlineData(1, 6, 3, 6, 3, 0, 0, 100)]
    [InlineData(1, 32, 16, 16, 8, 4, 0, 70)]
    [InlineData(1, 7, 5, 4, 2, 1, 1, 333)]
    [InlineData(1, 7, 5, 9, 3, 2, 2, 100)]
    [InlineData(1, 4, 2, 5, 5, 0, 0, 60)]
    [InlineData(1, 6, 8, 2, 1, 1, 0, 150)]
    public void Transposed_convolution_matches_libtorch(int items, int inputs, int outputs, int taps, int stride, int trim, int longer, int frames)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(taps);
        var (x, w, b) = (randn(items, inputs, frames), randn(inputs, outputs, taps), randn(outputs));
        var expected = nn.functional.conv_transpose1d(x.@double(), w.@double(), b.@double(), stride, trim, longer).@float();
        Near.Equal(expected, DirectConv1d.Transpose(x, w, b, stride, trim, longer), 2e-6);
    }

    [Theory]
    [InlineData(1, 12, 20, 200, 0)]
    [InlineData(2, 5, 7, 333, 9)]
    public void Snake_is_applied_before_and_the_residual_added_after_the_convolution(int items, int inputs, int outputs, int length, int start)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(length);
        var (x, w, b, alpha, added) = (randn(items, inputs, length), randn(outputs, inputs, 7), randn(outputs), rand(1, inputs, 1) + 0.1, randn(items, outputs, length + start));
        var wave = (x * alpha).sin();
        var expected = nn.functional.conv1d(x + (wave * wave / (alpha + 1e-9)), w, b, 1, 9, 3) + added.narrow(2, start, length);
        Near.Equal(expected, DirectConv1d.Run(x, w, b, 1, 9, 3, alpha, added, start), 5e-6);
    }

    [Fact]
    public void Views_are_convolved_correctly_and_only_the_result_stays_alive()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        random.manual_seed(2);
        var (x, w, b) = (randn(1, 300, 6).transpose(1, 2), randn(3, 6, 8).transpose(0, 1).narrow(2, 1, 5), randn(6));
        var expected = nn.functional.conv1d(x.narrow(1, 0, 3), w.contiguous(), b);
        var own = x.narrow(1, 0, 3);
        var before = LiveTensors.Count();
        var result = DirectConv1d.Run(own, w, b, 1, 0, 1);
        Assert.Equal(before + 1, LiveTensors.Count());
        Near.Equal(expected, result, 2e-6);
    }

    [Theory]
    [InlineData(100, 3, 1, 1)] // enough frames for the kernel
    [InlineData(12, 3, 1, 1)] // too few frames
    [InlineData(2100, 2000, 1, 1)] // too many taps
    [InlineData(100, 3, 1L << 40, 1)]
    public void Convolution_of_any_shape_and_type_matches_libtorch(int length, int taps, long stride, long dilation)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var (x, w, b) = (randn([1, 2, length], type), randn([8, 2, taps], type), randn([8], type));
            var frames = stride == 1 ? length - taps + 1 : 1;
            var expected = nn.functional.conv1d(x.@double(), w.@double(), b.@double()).narrow(2, 0, frames).to(type);
            using (no_grad())
            {
                Near.Equal(expected, Conv1dOperator.Run(x, w, b, stride, 0, dilation), 5e-6);
            }

            if (stride == 1)
            {
                var parameter = w.clone().requires_grad_();
                var result = Conv1dOperator.Run(x, parameter, b, stride, 0, dilation);
                Near.Equal(expected, result, 5e-6);
                result.sum().backward();
                Assert.Equal(w.shape, parameter.grad!.shape);
            }
        }
    }

    [Fact]
    public void Kernel_longer_than_the_audio_is_an_error_of_libtorch()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (x, w, b) = (zeros(1, 2, 100), zeros(8, 2, 3), zeros(8));
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => Conv1dOperator.Run(x, w, b, 1, 0, 1L << 40));
    }

    [Theory]
    [InlineData(200, 4, 2)] // enough frames for the kernel
    [InlineData(6, 4, 2)] // too few frames
    [InlineData(200, 3, 2)] // taps that are no multiple of the stride
    public void Transposed_convolution_of_any_shape_and_type_matches_libtorch(int frames, int taps, int stride)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(8);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var (x, w, b) = (randn([1, 8, frames], type), randn([8, 4, taps], type), randn([4], type));
            var expected = nn.functional.conv_transpose1d(x.@double(), w.@double(), b.@double(), stride).to(type);
            Near.Equal(expected, Conv1dOperator.Transpose(x, w, b, stride, 0, 0), 5e-6);
            using (no_grad())
            {
                Near.Equal(expected, Conv1dOperator.Transpose(x, w, b, stride, 0, 0), 5e-6);
            }
        }
    }
}

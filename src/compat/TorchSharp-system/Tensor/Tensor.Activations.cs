using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>What neural networks put between their layers.</content>
    public partial class Tensor
    {
        public Tensor relu() => Aten.Relu.Call(this);
        public Tensor relu_() => Aten.Relu_.Mutate(this);
        public Tensor relu6() => Aten.Relu6.Call(this);
        public Tensor relu6_() => Aten.Relu6_.Mutate(this);
        public Tensor sigmoid() => Aten.Sigmoid.Call(this);
        public Tensor sigmoid_() => Aten.Sigmoid_.Mutate(this);
        public Tensor silu() => Aten.Silu.Call(this);
        public Tensor silu_() => Aten.Silu_.Mutate(this);
        public Tensor hardsigmoid() => Aten.Hardsigmoid.Call(this);
        public Tensor hardsigmoid_() => Aten.Hardsigmoid_.Mutate(this);
        public Tensor hardswish() => Aten.Hardswish.Call(this);
        public Tensor hardswish_() => Aten.Hardswish_.Mutate(this);
        public Tensor selu() => Aten.Selu.Call(this);
        public Tensor selu_() => Aten.Selu_.Mutate(this);
        public Tensor celu() => Aten.Celu.Call(this);
        public Tensor celu_() => Aten.Celu_.Mutate(this);
        public Tensor prelu(Tensor target) => Aten.Prelu.Call(this, target);
        public Tensor threshold(Scalar threshold, Scalar value) => Aten.Threshold.Call(this, threshold, value);
        public Tensor threshold_(Scalar threshold, Scalar value) => Aten.Threshold_.Mutate(this, threshold, value);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.SoftmaxInt.Call(this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Aten.LogSoftmaxInt.Call(this, dim, dtype);
        public Tensor elu(double alpha = 1d) => Aten.Elu.Call(this, alpha);
        public Tensor elu_(double alpha = 1d) => Aten.Elu_.Mutate(this, alpha);
        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => Aten.Elu.Call(this, alpha, scale, input_scale);
        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) => Aten.Elu_.Mutate(this, alpha, scale, input_scale);
        public Tensor gelu() => Aten.Gelu.Call(this);
        public Tensor gelu_() => Aten.Gelu_.Mutate(this);
        public Tensor leaky_relu(Scalar negative_slope) => Aten.LeakyRelu.Call(this, negative_slope);
        public Tensor leaky_relu_(Scalar negative_slope) => Aten.LeakyRelu_.Mutate(this, negative_slope);
        public Tensor hardtanh(Scalar min, Scalar max) => Aten.Hardtanh.Call(this, min, max);
        public Tensor hardtanh_(Scalar min, Scalar max) => Aten.Hardtanh_.Mutate(this, min, max);
        public Tensor softplus(double beta = 1d, double threshold = 20d) => Aten.Softplus.Call(this, beta, threshold);
        public Tensor glu(long dim = -1L) => Aten.Glu.Call(this, dim);
        public Tensor log_sigmoid() => Aten.LogSigmoid.Call(this);
    }
}

using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Circular and hyperbolic functions, element by element.</content>
    public partial class Tensor
    {
        public Tensor sin() => Aten.Sin.Call(this);
        public Tensor sin_() => Aten.Sin_.Mutate(this);
        public Tensor cos() => Aten.Cos.Call(this);
        public Tensor cos_() => Aten.Cos_.Mutate(this);
        public Tensor tan() => Aten.Tan.Call(this);
        public Tensor tan_() => Aten.Tan_.Mutate(this);
        public Tensor asin() => Aten.Asin.Call(this);
        public Tensor asin_() => Aten.Asin_.Mutate(this);
        public Tensor acos() => Aten.Acos.Call(this);
        public Tensor acos_() => Aten.Acos_.Mutate(this);
        public Tensor atan() => Aten.Atan.Call(this);
        public Tensor atan_() => Aten.Atan_.Mutate(this);
        public Tensor sinh() => Aten.Sinh.Call(this);
        public Tensor sinh_() => Aten.Sinh_.Mutate(this);
        public Tensor cosh() => Aten.Cosh.Call(this);
        public Tensor cosh_() => Aten.Cosh_.Mutate(this);
        public Tensor tanh() => Aten.Tanh.Call(this);
        public Tensor tanh_() => Aten.Tanh_.Mutate(this);
        public Tensor asinh() => Aten.Asinh.Call(this);
        public Tensor asinh_() => Aten.Asinh_.Mutate(this);
        public Tensor acosh() => Aten.Acosh.Call(this);
        public Tensor acosh_() => Aten.Acosh_.Mutate(this);
        public Tensor atanh() => Aten.Atanh.Call(this);
        public Tensor atanh_() => Aten.Atanh_.Mutate(this);
        public Tensor arcsin() => Aten.Arcsin.Call(this);
        public Tensor arcsin_() => Aten.Arcsin_.Mutate(this);
        public Tensor arccos() => Aten.Arccos.Call(this);
        public Tensor arccos_() => Aten.Arccos_.Mutate(this);
        public Tensor arctan() => Aten.Arctan.Call(this);
        public Tensor arctan_() => Aten.Arctan_.Mutate(this);
        public Tensor arcsinh() => Aten.Arcsinh.Call(this);
        public Tensor arcsinh_() => Aten.Arcsinh_.Mutate(this);
        public Tensor arccosh() => Aten.Arccosh.Call(this);
        public Tensor arccosh_() => Aten.Arccosh_.Mutate(this);
        public Tensor arctanh() => Aten.Arctanh.Call(this);
        public Tensor arctanh_() => Aten.Arctanh_.Mutate(this);
        public Tensor atan2(Tensor other) => Aten.Atan2.Call(this, other);
        public Tensor atan2_(Tensor other) => Aten.Atan2_.Mutate(this, other);
        public Tensor arctan2(Tensor other) => Aten.Arctan2.Call(this, other);
        public Tensor arctan2_(Tensor other) => Aten.Arctan2_.Mutate(this, other);
    }
}

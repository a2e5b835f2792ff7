using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Sums, products, quotients and powers, element by element.</content>
    public partial class Tensor
    {
        public Tensor add(Scalar scalar) => Aten.AddScalar.Call(this, scalar);
        public Tensor add(Tensor target) => Aten.AddTensor.Call(this, target);
        public Tensor add_(Scalar scalar) => Aten.Add_Scalar.Mutate(this, scalar);
        public Tensor add_(Tensor target) => Aten.Add_Tensor.Mutate(this, target);
        public Tensor sub(Scalar target) => Aten.SubScalar.Call(this, target);
        public Tensor sub(Tensor target) => Aten.SubTensor.Call(this, target);
        public Tensor sub_(Scalar target) => Aten.Sub_Scalar.Mutate(this, target);
        public Tensor sub_(Tensor target) => Aten.Sub_Tensor.Mutate(this, target);
        public Tensor subtract(Scalar target) => Aten.SubtractScalar.Call(this, target);
        public Tensor subtract(Tensor target) => Aten.SubtractTensor.Call(this, target);
        public Tensor subtract_(Scalar target) => Aten.Subtract_Scalar.Mutate(this, target);
        public Tensor subtract_(Tensor target) => Aten.Subtract_Tensor.Mutate(this, target);
        public Tensor mul(Scalar target) => Aten.MulScalar.Call(this, target);
        public Tensor mul(Tensor target) => Aten.MulTensor.Call(this, target);
        public Tensor mul_(Scalar target) => Aten.Mul_Scalar.Mutate(this, target);
        public Tensor mul_(Tensor target) => Aten.Mul_Tensor.Mutate(this, target);
        public Tensor multiply(Scalar target) => Aten.MultiplyScalar.Call(this, target);
        public Tensor multiply(Tensor target) => Aten.MultiplyTensor.Call(this, target);
        public Tensor true_divide(Scalar other) => Aten.TrueDivideScalar.Call(this, other);
        public Tensor true_divide(Tensor other) => Aten.TrueDivideTensor.Call(this, other);
        public Tensor true_divide_(Scalar other) => Aten.TrueDivide_Scalar.Mutate(this, other);
        public Tensor true_divide_(Tensor other) => Aten.TrueDivide_Tensor.Mutate(this, other);
        public Tensor floor_divide(Scalar other) => Aten.FloorDivideScalar.Call(this, other);
        public Tensor floor_divide(Tensor other) => Aten.FloorDivide.Call(this, other);
        public Tensor floor_divide_(Scalar other) => Aten.FloorDivide_Scalar.Mutate(this, other);
        public Tensor floor_divide_(Tensor other) => Aten.FloorDivide_Tensor.Mutate(this, other);
        public Tensor remainder(Scalar scalar) => Aten.RemainderScalar.Call(this, scalar);
        public Tensor remainder(Tensor target) => Aten.RemainderTensor.Call(this, target);
        public Tensor remainder_(Scalar scalar) => Aten.Remainder_Scalar.Mutate(this, scalar);
        public Tensor remainder_(Tensor target) => Aten.Remainder_Tensor.Mutate(this, target);
        public Tensor fmod(Scalar scalar) => Aten.FmodScalar.Call(this, scalar);
        public Tensor fmod(Tensor target) => Aten.FmodTensor.Call(this, target);
        public Tensor fmod_(Scalar scalar) => Aten.Fmod_Scalar.Mutate(this, scalar);
        public Tensor fmod_(Tensor target) => Aten.Fmod_Tensor.Mutate(this, target);
        public Tensor pow(Scalar exponent) => Aten.PowTensorScalar.Call(this, exponent);
        public Tensor pow(Tensor exponent) => Aten.PowTensorTensor.Call(this, exponent);
        public Tensor pow_(Scalar exponent) => Aten.Pow_Scalar.Mutate(this, exponent);
        public Tensor pow_(Tensor exponent) => Aten.Pow_Tensor.Mutate(this, exponent);
        public Tensor float_power(Tensor target) => Aten.FloatPowerTensorTensor.Call(this, target);
        public Tensor neg() => Aten.Neg.Call(this);
        public Tensor neg_() => Aten.Neg_.Mutate(this);
        public Tensor negative() => Aten.Negative.Call(this);
        public Tensor reciprocal() => Aten.Reciprocal.Call(this);
        public Tensor reciprocal_() => Aten.Reciprocal_.Mutate(this);
        public Tensor square() => Aten.Square.Call(this);
        public Tensor positive() => Aten.Positive.Call(this);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Aten.Addcdiv.Call(this, tensor1, tensor2);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => Aten.Addcdiv_.Mutate(this, tensor1, tensor2);
        public Tensor lerp(Tensor end, Tensor weight) => Aten.LerpTensor.Call(this, end, weight);
        public Tensor lerp_(Tensor end, Tensor weight) => Aten.Lerp_Tensor.Mutate(this, end, weight);
        public Tensor hypot(Tensor other) => Aten.Hypot.Call(this, other);
        public Tensor gcd(Tensor other) => Aten.Gcd.Call(this, other);
        public Tensor gcd_(Tensor other) => Aten.Gcd_.Mutate(this, other);
        public Tensor lcm(Tensor other) => Aten.Lcm.Call(this, other);
        public Tensor lcm_(Tensor other) => Aten.Lcm_.Mutate(this, other);
        public Tensor ldexp(Tensor other) => Aten.LdexpTensor.Call(this, other);
        public Tensor ldexp_(Tensor other) => Aten.Ldexp_.Mutate(this, other);
        public Tensor xlogy(Scalar y) => Aten.XlogyScalarOther.Call(this, y);
        public Tensor xlogy(Tensor y) => Aten.XlogyTensor.Call(this, y);
        public Tensor xlogy_(Scalar y) => Aten.Xlogy_ScalarOther.Mutate(this, y);
        public Tensor xlogy_(Tensor y) => Aten.Xlogy_Tensor.Mutate(this, y);
        public Tensor logaddexp(Tensor other) => Aten.Logaddexp.Call(this, other);
        public Tensor logaddexp2(Tensor other) => Aten.Logaddexp2.Call(this, other);
        public Tensor copysign(Tensor other) => Aten.CopysignTensor.Call(this, other);
        public Tensor nextafter(Tensor other) => Aten.Nextafter.Call(this, other);

        public Tensor add(Tensor target, Scalar alpha) => Aten.AddTensor.Call(this, target, alpha);
        public Tensor add(Scalar scalar, Scalar alpha) => Aten.AddScalar.Call(this, scalar, alpha);
        public Tensor add_(Tensor target, Scalar alpha) => Aten.Add_Tensor.Mutate(this, target, alpha);
        public Tensor add_(Scalar scalar, Scalar alpha) => Aten.Add_Scalar.Mutate(this, scalar, alpha);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None
            ? Aten.DivTensor.Call(this, target)
            : Aten.DivTensorMode.Call(this, target, rounding_mode.ToString());

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None
            ? Aten.DivScalar.Call(this, target)
            : Aten.DivScalarMode.Call(this, target, rounding_mode.ToString());

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None
            ? Aten.Div_Tensor.Mutate(this, target)
            : Aten.Div_TensorMode.Mutate(this, target, rounding_mode.ToString());

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => rounding_mode == RoundingMode.None
            ? Aten.Div_Scalar.Mutate(this, target)
            : Aten.Div_ScalarMode.Mutate(this, target, rounding_mode.ToString());

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);
        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcmul.Call(this, tensor1, tensor2, value);
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcmul_.Mutate(this, tensor1, tensor2, value);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcdiv.Call(this, tensor1, tensor2, value);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Aten.Addcdiv_.Mutate(this, tensor1, tensor2, value);
    }
}

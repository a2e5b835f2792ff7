using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Comparisons, truth values and choices, element by element.</content>
    public partial class Tensor
    {
        public Tensor eq(Scalar target) => Aten.EqScalar.Call(this, target);
        public Tensor eq(Tensor target) => Aten.EqTensor.Call(this, target);
        public Tensor eq_(Scalar target) => Aten.Eq_Scalar.Mutate(this, target);
        public Tensor eq_(Tensor target) => Aten.Eq_Tensor.Mutate(this, target);
        public Tensor ne(Scalar target) => Aten.NeScalar.Call(this, target);
        public Tensor ne(Tensor target) => Aten.NeTensor.Call(this, target);
        public Tensor ne_(Scalar target) => Aten.Ne_Scalar.Mutate(this, target);
        public Tensor ne_(Tensor target) => Aten.Ne_Tensor.Mutate(this, target);
        public Tensor lt(Scalar target) => Aten.LtScalar.Call(this, target);
        public Tensor lt(Tensor target) => Aten.LtTensor.Call(this, target);
        public Tensor lt_(Scalar target) => Aten.Lt_Scalar.Mutate(this, target);
        public Tensor lt_(Tensor target) => Aten.Lt_Tensor.Mutate(this, target);
        public Tensor le(Scalar target) => Aten.LeScalar.Call(this, target);
        public Tensor le(Tensor target) => Aten.LeTensor.Call(this, target);
        public Tensor le_(Scalar target) => Aten.Le_Scalar.Mutate(this, target);
        public Tensor le_(Tensor target) => Aten.Le_Tensor.Mutate(this, target);
        public Tensor gt(Scalar target) => Aten.GtScalar.Call(this, target);
        public Tensor gt(Tensor target) => Aten.GtTensor.Call(this, target);
        public Tensor gt_(Scalar target) => Aten.Gt_Scalar.Mutate(this, target);
        public Tensor gt_(Tensor target) => Aten.Gt_Tensor.Mutate(this, target);
        public Tensor ge(Scalar target) => Aten.GeScalar.Call(this, target);
        public Tensor ge(Tensor target) => Aten.GeTensor.Call(this, target);
        public Tensor ge_(Scalar target) => Aten.Ge_Scalar.Mutate(this, target);
        public Tensor ge_(Tensor target) => Aten.Ge_Tensor.Mutate(this, target);
        public Tensor greater(Tensor target) => Aten.GreaterTensor.Call(this, target);
        public Tensor greater_equal(Tensor target) => Aten.GreaterEqualTensor.Call(this, target);
        public Tensor less(Tensor target) => Aten.LessTensor.Call(this, target);
        public Tensor less_equal(Tensor target) => Aten.LessEqualTensor.Call(this, target);
        public Tensor less_equal_(Tensor target) => Aten.LessEqual_Tensor.Mutate(this, target);
        public Tensor not_equal(Tensor target) => Aten.NotEqualTensor.Call(this, target);
        public Tensor not_equal_(Tensor target) => Aten.NotEqual_Tensor.Mutate(this, target);
        public Tensor logical_and(Tensor other) => Aten.LogicalAnd.Call(this, other);
        public Tensor logical_and_(Tensor other) => Aten.LogicalAnd_.Mutate(this, other);
        public Tensor logical_or(Tensor other) => Aten.LogicalOr.Call(this, other);
        public Tensor logical_or_(Tensor other) => Aten.LogicalOr_.Mutate(this, other);
        public Tensor logical_xor(Tensor other) => Aten.LogicalXor.Call(this, other);
        public Tensor logical_xor_(Tensor other) => Aten.LogicalXor_.Mutate(this, other);
        public Tensor logical_not() => Aten.LogicalNot.Call(this);
        public Tensor logical_not_() => Aten.LogicalNot_.Mutate(this);
        public Tensor bitwise_and(Tensor other) => Aten.BitwiseAndTensor.Call(this, other);
        public Tensor bitwise_and_(Tensor other) => Aten.BitwiseAnd_Tensor.Mutate(this, other);
        public Tensor bitwise_or(Tensor other) => Aten.BitwiseOrTensor.Call(this, other);
        public Tensor bitwise_or_(Tensor other) => Aten.BitwiseOr_Tensor.Mutate(this, other);
        public Tensor bitwise_xor(Tensor other) => Aten.BitwiseXorTensor.Call(this, other);
        public Tensor bitwise_xor_(Tensor other) => Aten.BitwiseXor_Tensor.Mutate(this, other);
        public Tensor bitwise_not() => Aten.BitwiseNot.Call(this);
        public Tensor bitwise_not_() => Aten.BitwiseNot_.Mutate(this);
        public Tensor bitwise_left_shift(Tensor other) => Aten.BitwiseLeftShiftTensor.Call(this, other);
        public Tensor bitwise_left_shift_(Tensor other) => Aten.BitwiseLeftShift_Tensor.Mutate(this, other);
        public Tensor bitwise_right_shift(Tensor other) => Aten.BitwiseRightShiftTensor.Call(this, other);
        public Tensor bitwise_right_shift_(Tensor other) => Aten.BitwiseRightShift_Tensor.Mutate(this, other);
        public Tensor isnan() => Aten.Isnan.Call(this);
        public Tensor isinf() => Aten.Isinf.Call(this);
        public Tensor isfinite() => Aten.Isfinite.Call(this);
        public Tensor isneginf() => Aten.Isneginf.Call(this);
        public Tensor isposinf() => Aten.Isposinf.Call(this);
        public Tensor isreal() => Aten.Isreal.Call(this);
        public Tensor maximum(Tensor other) => Aten.Maximum.Call(this, other);
        public Tensor minimum(Tensor other) => Aten.Minimum.Call(this, other);
        public Tensor fmax(Tensor other) => Aten.Fmax.Call(this, other);
        public Tensor fmin(Tensor other) => Aten.Fmin.Call(this, other);
        public Tensor clamp_min(Scalar min) => Aten.ClampMin.Call(this, min);
        public Tensor clamp_min_(Scalar min) => Aten.ClampMin_.Mutate(this, min);
        public Tensor clamp_max(Scalar max) => Aten.ClampMax.Call(this, max);
        public Tensor clamp_max_(Scalar max) => Aten.ClampMax_.Mutate(this, max);

        public Tensor max(Tensor other) => Aten.MaxOther.Call(this, other);
        public Tensor min(Tensor other) => Aten.MinOther.Call(this, other);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Aten.Clamp.Call(this, min, max);
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Aten.ClampTensor.Call(this, min, max);
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Aten.Clamp_.Mutate(this, min, max);
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Aten.Clamp_Tensor.Mutate(this, min, max);
        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);

        /// <summary>Elements of this tensor where the condition holds, of the other one elsewhere.</summary>
        public Tensor where(Tensor condition, Tensor y) => Aten.WhereSelf.Call(condition, this, y);

        public Tensor isclose(Tensor other, double rtol = 1E-05d, double atol = 1E-08d, bool nanEqual = false) =>
            Aten.Isclose.Call(this, other, rtol, atol, nanEqual);

        public bool allclose(Tensor target, double rtol = 1E-05d, double atol = 1E-08d, bool equal_nan = false)
        {
            using var close = isclose(target, rtol, atol, equal_nan);
            using var all = close.all();
            return all.item<bool>();
        }

        public Tensor equal(Tensor target) => eq(target);

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            Aten.IsinTensorTensor.Call(this, test_elements, assumeUnique, invert);
    }
}

using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Functions of one number, element by element.</content>
    public partial class Tensor
    {
        public Tensor abs() => Aten.Abs.Call(this);
        public Tensor abs_() => Aten.Abs_.Mutate(this);
        public Tensor absolute() => Aten.Absolute.Call(this);
        public Tensor absolute_() => Aten.Absolute_.Mutate(this);
        public Tensor ceil() => Aten.Ceil.Call(this);
        public Tensor ceil_() => Aten.Ceil_.Mutate(this);
        public Tensor floor() => Aten.Floor.Call(this);
        public Tensor floor_() => Aten.Floor_.Mutate(this);
        public Tensor trunc() => Aten.Trunc.Call(this);
        public Tensor trunc_() => Aten.Trunc_.Mutate(this);
        public Tensor fix() => Aten.Fix.Call(this);
        public Tensor fix_() => Aten.Fix_.Mutate(this);
        public Tensor frac() => Aten.Frac.Call(this);
        public Tensor frac_() => Aten.Frac_.Mutate(this);
        public Tensor sign() => Aten.Sign.Call(this);
        public Tensor sign_() => Aten.Sign_.Mutate(this);
        public Tensor sgn() => Aten.Sgn.Call(this);
        public Tensor sgn_() => Aten.Sgn_.Mutate(this);
        public Tensor signbit() => Aten.Signbit.Call(this);
        public Tensor exp() => Aten.Exp.Call(this);
        public Tensor exp_() => Aten.Exp_.Mutate(this);
        public Tensor exp2() => Aten.Exp2.Call(this);
        public Tensor expm1() => Aten.Expm1.Call(this);
        public Tensor expm1_() => Aten.Expm1_.Mutate(this);
        public Tensor log() => Aten.Log.Call(this);
        public Tensor log_() => Aten.Log_.Mutate(this);
        public Tensor log2() => Aten.Log2.Call(this);
        public Tensor log2_() => Aten.Log2_.Mutate(this);
        public Tensor log10() => Aten.Log10.Call(this);
        public Tensor log10_() => Aten.Log10_.Mutate(this);
        public Tensor log1p() => Aten.Log1p.Call(this);
        public Tensor log1p_() => Aten.Log1p_.Mutate(this);
        public Tensor sqrt() => Aten.Sqrt.Call(this);
        public Tensor sqrt_() => Aten.Sqrt_.Mutate(this);
        public Tensor rsqrt() => Aten.Rsqrt.Call(this);
        public Tensor rsqrt_() => Aten.Rsqrt_.Mutate(this);
        public Tensor erf() => Aten.Erf.Call(this);
        public Tensor erf_() => Aten.Erf_.Mutate(this);
        public Tensor erfc() => Aten.Erfc.Call(this);
        public Tensor erfc_() => Aten.Erfc_.Mutate(this);
        public Tensor erfinv() => Aten.Erfinv.Call(this);
        public Tensor erfinv_() => Aten.Erfinv_.Mutate(this);
        public Tensor lgamma() => Aten.Lgamma.Call(this);
        public Tensor lgamma_() => Aten.Lgamma_.Mutate(this);
        public Tensor digamma() => Aten.Digamma.Call(this);
        public Tensor digamma_() => Aten.Digamma_.Mutate(this);
        public Tensor i0() => Aten.I0.Call(this);
        public Tensor sinc() => Aten.Sinc.Call(this);
        public Tensor sinc_() => Aten.Sinc_.Mutate(this);
        public Tensor angle() => Aten.Angle.Call(this);
        public Tensor conj() => Aten.Conj.Call(this);
        public Tensor conj_physical() => Aten.ConjPhysical.Call(this);
        public Tensor conj_physical_() => Aten.ConjPhysical_.Mutate(this);
        public Tensor resolve_conj() => Aten.ResolveConj.Call(this);
        public Tensor resolve_neg() => Aten.ResolveNeg.Call(this);
        public Tensor deg2rad() => Aten.Deg2rad.Call(this);
        public Tensor rad2deg() => Aten.Rad2deg.Call(this);
        public Tensor heaviside(Tensor other) => Aten.Heaviside.Call(this, other);

        public Tensor round(long decimals = 0L) => decimals == 0 ? Aten.Round.Call(this) : Aten.RoundDecimals.Call(this, decimals);
        public Tensor round_(long decimals = 0L) => decimals == 0 ? Aten.Round_.Mutate(this) : Aten.Round_Decimals.Mutate(this, decimals);
        public Tensor logit(double? eps = null) => Aten.Logit.Call(this, eps);

        public Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null) =>
            Aten.NanToNum.Call(this, nan, posinf, neginf);
    }
}

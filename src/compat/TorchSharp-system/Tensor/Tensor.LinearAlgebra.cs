using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Products of vectors and matrices.</content>
    public partial class Tensor
    {
        public Tensor matmul(Tensor target) => Aten.Matmul.Call(this, target);
        public Tensor mm(Tensor target) => Aten.Mm.Call(this, target);
        public Tensor bmm(Tensor batch2) => Aten.Bmm.Call(this, batch2);
        public Tensor mv(Tensor target) => Aten.Mv.Call(this, target);
        public Tensor dot(Tensor target) => Aten.Dot.Call(this, target);
        public Tensor vdot(Tensor target) => Aten.Vdot.Call(this, target);
        public Tensor inner(Tensor vec2) => Aten.Inner.Call(this, vec2);
        public Tensor outer(Tensor vec2) => Aten.Outer.Call(this, vec2);
        public Tensor ger(Tensor vec2) => Aten.Ger.Call(this, vec2);
        public Tensor kron(Tensor other) => Aten.Kron.Call(this, other);
        public Tensor trace() => Aten.Trace.Call(this);
        public Tensor det() => Aten.Det.Call(this);
        public Tensor logdet() => Aten.Logdet.Call(this);
        public Tensor inverse() => Aten.Inverse.Call(this);
        public Tensor t() => Aten.T.Call(this);
        public Tensor matrix_exp() => Aten.MatrixExp.Call(this);
        public Tensor adjoint() => Aten.Adjoint.Call(this);

        public Tensor T => Aten.NumpyT.Call(this);
        public Tensor mT => Aten.MT.Call(this);
        public Tensor H => Aten.MatrixH.Call(this);
        public Tensor mH => Aten.MH.Call(this);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) =>
            Aten.Addmm.Call(this, mat1, mat2, (double)beta, (double)alpha);

        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) =>
            Aten.Addmm_.Mutate(this, mat1, mat2, (double)beta, (double)alpha);

        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1f, float alpha = 1f) =>
            Aten.Addmv.Call(this, mat, vec, (double)beta, (double)alpha);

        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1f, float alpha = 1f) =>
            Aten.Addmv_.Mutate(this, mat, vec, (double)beta, (double)alpha);

        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) =>
            Aten.Addbmm.Call(this, batch1, batch2, (double)beta, (double)alpha);

        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) =>
            Aten.Baddbmm.Call(this, batch1, batch2, (double)beta, (double)alpha);

        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1f, float alpha = 1f) =>
            Aten.Addr.Call(this, vec1, vec2, (double)beta, (double)alpha);

        public Tensor tril(long diagonal = 0L) => Aten.Tril.Call(this, diagonal);
        public Tensor tril_(long diagonal = 0L) => Aten.Tril_.Mutate(this, diagonal);
        public Tensor triu(long diagonal = 0L) => Aten.Triu.Call(this, diagonal);
        public Tensor triu_(long diagonal = 0L) => Aten.Triu_.Mutate(this, diagonal);
        public Tensor diag(long diagonal = 0L) => Aten.Diag.Call(this, diagonal);
        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Aten.Diagonal.Call(this, offset, dim1, dim2);
        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) => Aten.DiagEmbed.Call(this, offset, dim1, dim2);
        public Tensor matrix_power(int n) => Aten.MatrixPower.Call(this, (long)n);
        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => Aten.Tensordot.Call(this, b, dims1, dims2);
    }
}

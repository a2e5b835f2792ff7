using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <content>
/// The ways to call an operator. One to four arguments have their own method, because nearly all calls of a decoding step are among them;
/// the last one takes up to fourteen. <c>Invoke</c> gives all results, <c>Call</c> the one tensor, <c>Mutate</c> the tensor that was changed.
/// </content>
internal sealed unsafe partial class Operator
{
    [SkipLocalsInit]
    public Results Invoke(in Argument a0)
    {
        Unsafe.SkipInit(out Results results);
        fixed (byte* p0 = &a0.Data)
        {
            var arguments = a0.ToNative(p0);
            Run(&arguments, 1, ref results);
        }

        a0.KeepAlive();
        return results;
    }

    public Tensor Call(in Argument a0) =>
        Invoke(in a0).First.ToTensor();

    [SkipLocalsInit]
    public Tensor Mutate(Tensor self)
    {
        Argument a0 = self;
        fixed (byte* p0 = &a0.Data)
        {
            var arguments = a0.ToNative(p0);
            RunInPlace(&arguments, 1);
        }

        a0.KeepAlive();
        return self;
    }

    [SkipLocalsInit]
    public Results Invoke(in Argument a0, in Argument a1)
    {
        Unsafe.SkipInit(out Results results);
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data)
        {
            var arguments = stackalloc NativeValue[2];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            Run(arguments, 2, ref results);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        return results;
    }

    public Tensor Call(in Argument a0, in Argument a1) =>
        Invoke(in a0, in a1).First.ToTensor();

    [SkipLocalsInit]
    public Tensor Mutate(Tensor self, in Argument a1)
    {
        Argument a0 = self;
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data)
        {
            var arguments = stackalloc NativeValue[2];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            RunInPlace(arguments, 2);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        return self;
    }

    [SkipLocalsInit]
    public Results Invoke(in Argument a0, in Argument a1, in Argument a2)
    {
        Unsafe.SkipInit(out Results results);
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data, p2 = &a2.Data)
        {
            var arguments = stackalloc NativeValue[3];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            arguments[2] = a2.ToNative(p2);
            Run(arguments, 3, ref results);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        a2.KeepAlive();
        return results;
    }

    public Tensor Call(in Argument a0, in Argument a1, in Argument a2) =>
        Invoke(in a0, in a1, in a2).First.ToTensor();

    [SkipLocalsInit]
    public Tensor Mutate(Tensor self, in Argument a1, in Argument a2)
    {
        Argument a0 = self;
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data, p2 = &a2.Data)
        {
            var arguments = stackalloc NativeValue[3];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            arguments[2] = a2.ToNative(p2);
            RunInPlace(arguments, 3);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        a2.KeepAlive();
        return self;
    }

    [SkipLocalsInit]
    public Results Invoke(in Argument a0, in Argument a1, in Argument a2, in Argument a3)
    {
        Unsafe.SkipInit(out Results results);
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data, p2 = &a2.Data, p3 = &a3.Data)
        {
            var arguments = stackalloc NativeValue[4];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            arguments[2] = a2.ToNative(p2);
            arguments[3] = a3.ToNative(p3);
            Run(arguments, 4, ref results);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        a2.KeepAlive();
        a3.KeepAlive();
        return results;
    }

    public Tensor Call(in Argument a0, in Argument a1, in Argument a2, in Argument a3) =>
        Invoke(in a0, in a1, in a2, in a3).First.ToTensor();

    [SkipLocalsInit]
    public Tensor Mutate(Tensor self, in Argument a1, in Argument a2, in Argument a3)
    {
        Argument a0 = self;
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data, p2 = &a2.Data, p3 = &a3.Data)
        {
            var arguments = stackalloc NativeValue[4];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            arguments[2] = a2.ToNative(p2);
            arguments[3] = a3.ToNative(p3);
            RunInPlace(arguments, 4);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        a2.KeepAlive();
        a3.KeepAlive();
        return self;
    }

    [SkipLocalsInit]
    public Results Invoke(
        in Argument a0, in Argument a1, in Argument a2, in Argument a3, in Argument a4, in Argument a5 = default,
        in Argument a6 = default, in Argument a7 = default, in Argument a8 = default, in Argument a9 = default,
        in Argument a10 = default, in Argument a11 = default, in Argument a12 = default, in Argument a13 = default)
    {
        Unsafe.SkipInit(out Results results);
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data, p2 = &a2.Data, p3 = &a3.Data, p4 = &a4.Data,
            p5 = &a5.Data, p6 = &a6.Data, p7 = &a7.Data, p8 = &a8.Data, p9 = &a9.Data,
            p10 = &a10.Data, p11 = &a11.Data, p12 = &a12.Data, p13 = &a13.Data)
        {
            var arguments = stackalloc NativeValue[14];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            arguments[2] = a2.ToNative(p2);
            arguments[3] = a3.ToNative(p3);
            arguments[4] = a4.ToNative(p4);
            arguments[5] = a5.ToNative(p5);
            arguments[6] = a6.ToNative(p6);
            arguments[7] = a7.ToNative(p7);
            arguments[8] = a8.ToNative(p8);
            arguments[9] = a9.ToNative(p9);
            arguments[10] = a10.ToNative(p10);
            arguments[11] = a11.ToNative(p11);
            arguments[12] = a12.ToNative(p12);
            arguments[13] = a13.ToNative(p13);
            Run(arguments, 14, ref results);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        a2.KeepAlive();
        a3.KeepAlive();
        a4.KeepAlive();
        a5.KeepAlive();
        a6.KeepAlive();
        a7.KeepAlive();
        a8.KeepAlive();
        a9.KeepAlive();
        a10.KeepAlive();
        a11.KeepAlive();
        a12.KeepAlive();
        a13.KeepAlive();
        return results;
    }

    public Tensor Call(
        in Argument a0, in Argument a1, in Argument a2, in Argument a3, in Argument a4, in Argument a5 = default,
        in Argument a6 = default, in Argument a7 = default, in Argument a8 = default, in Argument a9 = default,
        in Argument a10 = default, in Argument a11 = default, in Argument a12 = default, in Argument a13 = default) =>
        Invoke(in a0, in a1, in a2, in a3, in a4, in a5, in a6, in a7, in a8, in a9, in a10, in a11, in a12, in a13).First.ToTensor();

    [SkipLocalsInit]
    public Tensor Mutate(
        Tensor self, in Argument a1, in Argument a2, in Argument a3, in Argument a4, in Argument a5 = default,
        in Argument a6 = default, in Argument a7 = default, in Argument a8 = default, in Argument a9 = default,
        in Argument a10 = default, in Argument a11 = default, in Argument a12 = default, in Argument a13 = default)
    {
        Argument a0 = self;
        fixed (byte* p0 = &a0.Data, p1 = &a1.Data, p2 = &a2.Data, p3 = &a3.Data, p4 = &a4.Data,
            p5 = &a5.Data, p6 = &a6.Data, p7 = &a7.Data, p8 = &a8.Data, p9 = &a9.Data,
            p10 = &a10.Data, p11 = &a11.Data, p12 = &a12.Data, p13 = &a13.Data)
        {
            var arguments = stackalloc NativeValue[14];
            arguments[0] = a0.ToNative(p0);
            arguments[1] = a1.ToNative(p1);
            arguments[2] = a2.ToNative(p2);
            arguments[3] = a3.ToNative(p3);
            arguments[4] = a4.ToNative(p4);
            arguments[5] = a5.ToNative(p5);
            arguments[6] = a6.ToNative(p6);
            arguments[7] = a7.ToNative(p7);
            arguments[8] = a8.ToNative(p8);
            arguments[9] = a9.ToNative(p9);
            arguments[10] = a10.ToNative(p10);
            arguments[11] = a11.ToNative(p11);
            arguments[12] = a12.ToNative(p12);
            arguments[13] = a13.ToNative(p13);
            RunInPlace(arguments, 14);
        }

        a0.KeepAlive();
        a1.KeepAlive();
        a2.KeepAlive();
        a3.KeepAlive();
        a4.KeepAlive();
        a5.KeepAlive();
        a6.KeepAlive();
        a7.KeepAlive();
        a8.KeepAlive();
        a9.KeepAlive();
        a10.KeepAlive();
        a11.KeepAlive();
        a12.KeepAlive();
        a13.KeepAlive();
        return self;
    }
}

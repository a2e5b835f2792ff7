using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Gradients.</content>
    public partial class Tensor
    {
        public bool requires_grad
        {
            get => Read(Native.RequiresGrad(Handle)) != 0;
            set
            {
                Native.Check(Native.SetRequiresGrad(Handle, value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        public bool is_leaf => Aten.IsLeaf.Invoke(this).First.Payload != 0;

        /// <summary>The gradient accumulated so far. Every access makes a tensor object of its own over the same memory.</summary>
        public Tensor? grad
        {
            get
            {
                Native.Check(Native.Grad(Handle, out var gradient));
                GC.KeepAlive(this);
                return gradient == 0 ? null : new Tensor(gradient);
            }

            set
            {
                Native.Check(Native.SetGrad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(value);
                GC.KeepAlive(this);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true) => with_requires_grad(requires_grad);

        public Tensor with_requires_grad(bool requires_grad = true)
        {
            if (requires_grad || this.requires_grad)
            {
                this.requires_grad = requires_grad;
            }

            return this;
        }

        /// <summary>Keeps the gradient of a tensor that is not a leaf.</summary>
        public void retain_grad() => Aten.RetainGrad.Mutate(this);

        /// <summary>Adds the derivative of this number to the gradients of everything it was computed from.</summary>
        public void backward() => autograd.backward([this]);

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }

    /// <summary>Derivatives of tensors with respect to what they were computed from.</summary>
    public static partial class autograd
    {
        public static unsafe void backward(
            IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false,
            IList<Tensor>? inputs = null)
        {
            var outputs = Handles(tensors);
            var gradients = Handles(grad_tensors);
            var leaves = Handles(inputs);
            fixed (nint* o = outputs, g = gradients, i = leaves)
            {
                Native.Check(Native.Backward(
                    o, outputs.Length, g, gradients.Length, (retain_graph ?? create_graph) ? 1 : 0, create_graph ? 1 : 0, i, leaves.Length));
            }

            GC.KeepAlive((tensors, grad_tensors, inputs));
        }

        public static void backward(
            Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(
            Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        /// <summary>The sum of the gradients of <paramref name="outputs"/> with respect to each of <paramref name="inputs"/>; nothing is accumulated.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">An input took no part and <paramref name="allow_unused"/> is not set.</exception>
        public static unsafe IList<Tensor> grad(
            IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false,
            bool allow_unused = false)
        {
            var of = Handles(outputs);
            var by = Handles(inputs);
            var weights = Handles(grad_outputs);
            var results = new nint[by.Length];
            fixed (nint* o = of, i = by, g = weights, r = results)
            {
                Native.Check(Native.Gradients(
                    o, of.Length, i, by.Length, g, weights.Length, retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, r));
            }

            GC.KeepAlive((outputs, inputs, grad_outputs));
            return results.Select(handle => handle == 0 ? null! : new Tensor(handle)).ToList();
        }

        private static nint[] Handles(IList<Tensor>? tensors) => tensors?.Select(tensor => tensor.Handle).ToArray() ?? [];
    }
}

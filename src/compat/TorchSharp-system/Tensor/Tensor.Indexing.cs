using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>
    /// Indexing as in Python. Numbers, ranges and new axes give a view of the same memory; tensors and truth values gather a copy.
    /// </content>
    public partial class Tensor
    {
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        public Tensor this[params long[] indices]
        {
            get => Selected(indices);
            set => Assign(indices, value);
        }

        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => Assign([i1], value);
        }

        public Tensor this[long i1, long i2]
        {
            get => Selected([i1, i2]);
            set => Assign([i1, i2], value);
        }

        public Tensor this[long i1, long i2, long i3]
        {
            get => Selected([i1, i2, i3]);
            set => Assign([i1, i2, i3], value);
        }

        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => Selected([i1, i2, i3, i4]);
            set => Assign([i1, i2, i3, i4], value);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            var (view, tensors) = Sliced(indices);
            if (tensors.Count == 0)
            {
                return view;
            }

            using (view)
            {
                return Aten.IndexTensor.Call(view, Argument.Tensors(tensors));
            }
        }

        public Tensor index(params Tensor[] indices) => Aten.IndexTensor.Call(this, Argument.Tensors(indices));

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            var (view, tensors) = Sliced(indices);
            using (view)
            {
                if (tensors.Count > 0)
                {
                    Aten.IndexPut_.Mutate(view, Argument.Tensors(tensors), value, accumulate);
                }
                else if (accumulate)
                {
                    view.add_(value);
                }
                else
                {
                    CopyInto(view, value);
                }
            }

            return this;
        }

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            Aten.IndexPut_.Mutate(this, Argument.Tensors(indices), value, accumulate);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var number = tensor(value, dtype, device);
            return index_put_(number, indices, false);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using var number = tensor(value, dtype, device);
            return index_put_(number, indices, false);
        }

        private Tensor Selected(ReadOnlySpan<long> indices)
        {
            var view = alias();
            foreach (var i in indices)
            {
                view = Step(view, view.select(0, i));
            }

            return view;
        }

        private void Assign(ReadOnlySpan<long> indices, Tensor value)
        {
            using var view = Selected(indices);
            CopyInto(view, value);
        }

        /// <summary>As in assignments in Python: leading dimensions of size one that the target lacks are dropped.</summary>
        private static void CopyInto(Tensor view, Tensor value)
        {
            var extra = value.Dimensions - view.Dimensions;
            if (extra <= 0)
            {
                view.copy_(value);
                return;
            }

            var shape = value.shape;
            if (shape.AsSpan(0, (int)extra).ContainsAnyExcept(1L))
            {
                throw new ArgumentException(
                    $"A value of shape [{string.Join(", ", shape)}] does not fit into a part of shape [{string.Join(", ", view.shape)}].", nameof(value));
            }

            using var fitting = value.reshape(shape[(int)extra..]);
            view.copy_(fitting);
        }

        /// <summary>
        /// Applies every index that a view can express. What is left are index tensors, each at the dimension it stands for in the view
        /// (null in between), for one gathering call.
        /// </summary>
        private (Tensor View, List<Tensor?> Tensors) Sliced(TensorIndex[] indices)
        {
            var named = indices.Sum(DimensionsOf);
            if (named > Dimensions)
            {
                throw new ArgumentException($"{named} dimensions are indexed, but the tensor has {Dimensions}.", nameof(indices));
            }

            var view = alias();
            var tensors = new List<Tensor?>();
            try
            {
                var at = 0;
                foreach (var index in indices)
                {
                    switch (index.Kind)
                    {
                        case TensorIndex.IndexKind.Single:
                            view = Step(view, view.select(at, index.Start!.Value));
                            break;
                        case TensorIndex.IndexKind.Slice:
                            view = Step(view, Aten.SliceTensor.Call(view, (long)at, index.Start, index.Stop, index.Step ?? 1));
                            at++;
                            break;
                        case TensorIndex.IndexKind.None:
                            view = Step(view, view.unsqueeze(at));
                            at++;
                            break;
                        case TensorIndex.IndexKind.Ellipsis:
                            at += (int)(Dimensions - named);
                            break;
                        default:
                            Place(tensors, at, index.Indices!);
                            at += (int)DimensionsOf(index);
                            break;
                    }
                }

                return (view, tensors);
            }
            catch
            {
                view.Dispose();
                throw;
            }
        }

        private static void Place(List<Tensor?> tensors, int at, Tensor tensor)
        {
            while (tensors.Count < at)
            {
                tensors.Add(null);
            }

            tensors.Add(tensor);
        }

        /// <summary>How many dimensions of the tensor an index speaks for; a tensor of truth values speaks for as many as it has.</summary>
        private static long DimensionsOf(TensorIndex index) => index.Kind switch
        {
            TensorIndex.IndexKind.Single or TensorIndex.IndexKind.Slice => 1,
            TensorIndex.IndexKind.Tensor => index.Indices!.dtype is ScalarType.Bool or ScalarType.Byte ? index.Indices.Dimensions : 1,
            _ => 0,
        };

        private static Tensor Step(Tensor before, Tensor after)
        {
            before.Dispose();
            return after;
        }
    }
}

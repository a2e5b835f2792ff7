namespace TorchSharp;

public static partial class torch
{
    /// <summary>One place of an index expression: a number, a range, an ellipsis, a new axis, or a tensor.</summary>
    public struct TensorIndex
    {
        internal enum IndexKind
        {
            None,
            Single,
            Slice,
            Ellipsis,
            Tensor,
        }

        /// <summary>A new axis of size one.</summary>
        public static TensorIndex None = new() { Kind = IndexKind.None };

        public static TensorIndex Null = new() { Kind = IndexKind.None };

        /// <summary>As many whole dimensions as are left over.</summary>
        public static TensorIndex Ellipsis = new() { Kind = IndexKind.Ellipsis };

        /// <summary>A whole dimension.</summary>
        public static TensorIndex Colon = Slice();

        internal IndexKind Kind { readonly get; private set; }

        internal long? Start { readonly get; private set; }

        internal long? Stop { readonly get; private set; }

        internal long? Step { readonly get; private set; }

        internal torch.Tensor? Indices { readonly get; private set; }

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -(long)index.Value : index.Value);

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { Kind = IndexKind.Slice, Start = start, Stop = stop, Step = step };

        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        public static TensorIndex Slice(Range range)
        {
            // ^0 is the end itself, which as a number would be the beginning.
            long? start = range.Start.IsFromEnd ? -(long)range.Start.Value : range.Start.Value;
            long? stop = range.End.IsFromEnd ? (range.End.Value == 0 ? null : -(long)range.End.Value) : range.End.Value;
            return Slice(range.Start.IsFromEnd && range.Start.Value == 0 ? long.MaxValue : start, stop);
        }

        public static TensorIndex Single(long? index) =>
            new() { Kind = IndexKind.Single, Start = index ?? throw new ArgumentNullException(nameof(index)) };

        public static TensorIndex Tensor(torch.Tensor tensor)
        {
            ArgumentNullException.ThrowIfNull(tensor);
            return new() { Kind = IndexKind.Tensor, Indices = tensor };
        }
    }
}

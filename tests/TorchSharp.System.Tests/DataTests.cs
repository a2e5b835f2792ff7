using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class DataTests : ScopedTest
{
    [Fact]
    public void Factories_fill_as_they_say()
    {
        Equal(zeros(2, 2), [2, 2], 0, 0, 0, 0);
        Equal(ones(3, ScalarType.Int64), [3], 1, 1, 1);
        Equal(full([2], 1.5), [2], 1.5, 1.5);
        Equal(arange(1, 7, 2), [3], 1, 3, 5);
        Assert.Equal(ScalarType.Int64, arange(3).dtype);
        Assert.Equal(ScalarType.Float32, arange(0.5, 3).dtype);
        Equal(linspace(0, 1, 5), [5], 0, 0.25, 0.5, 0.75, 1);
        Equal(eye(2), [2, 2], 1, 0, 0, 1);
        Equal(tensor(new[,] { { 1f, 2f }, { 3f, 4f } }), [2, 2], 1, 2, 3, 4);
        Equal(tensor(new List<int> { 4, 5 }), [2], 4, 5);
        Equal(tensor(new[] { 1L, 2L }, dtype: ScalarType.Float32), [2], 1, 2);
        Assert.Equal(ScalarType.Float32, tensor(1f).dtype);
        Equal(ones_like(zeros(2)), [2], 1, 1);
        Assert.Equal([2, 5], ones(3, ScalarType.Int32).new_zeros(2, 5).shape);
    }

    [Fact]
    public void Values_that_do_not_fill_a_shape_are_refused() =>
        Assert.Contains("[2, 2]", Assert.Throws<ArgumentException>(() => tensor(new float[3], [2, 2])).Message, StringComparison.Ordinal);

    [Fact]
    public void Elements_are_read_in_order_whatever_the_strides()
    {
        var x = arange(6, ScalarType.Float32).reshape(2, 3).t();

        Assert.Equal([0f, 3f, 1f, 4f, 2f, 5f], x.data<float>().ToArray());
        Assert.Equal(4f, x.data<float>()[1, 1]);
        Assert.Equal([3f, 1f], x.data<float>().Skip(1).Take(2));
        x.data<float>()[2, 0] = 9;
        Assert.Equal(9f, x[2, 0].item<float>());
        var part = new float[3];
        x.data<float>().CopyTo(part, 0, 3);
        Assert.Equal([4f, 9f, 5f], part);
        x.data<float>().CopyFrom([7f, 8f]);
        Equal(x, [3, 2], 7, 8, 1, 4, 9, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => x.data<float>()[3, 0]);
        Assert.Throws<ArgumentException>(() => x.data<double>());
        Assert.Throws<ArgumentException>(() => x.item<float>());
    }

    [Fact]
    public void Bytes_are_the_memory_itself()
    {
        var x = tensor(new[] { 1f, 2f });

        MemoryMarshal.Cast<byte, float>(x.bytes)[1] = 5;
        Equal(x, [2], 1, 5);
        x.bytes = MemoryMarshal.AsBytes(new[] { 3f, 4f }.AsSpan());
        Equal(x, [2], 3, 4);
        Assert.Throws<ArgumentException>(() => x.bytes = new byte[4]);
        Assert.Throws<InvalidOperationException>(() => zeros(2, 2).t().bytes.Length);
        using var stream = new MemoryStream();
        x.WriteBytesToStream(stream);
        stream.Position = 0;
        var y = zeros(2);
        y.ReadBytesFromStream(stream);
        Equal(y, [2], 3, 4);
    }

    [Fact]
    public void A_buffer_is_shared_for_as_long_as_the_tensor_lives()
    {
        var buffer = new byte[16];
        var x = frombuffer(buffer, ScalarType.Float32, 2, 8);

        x.fill_(1);
        Assert.Equal(1f, BitConverter.ToSingle(buffer, 12));
        Assert.Equal(0f, BitConverter.ToSingle(buffer, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => frombuffer(buffer, ScalarType.Float32, 3, 8));
        Equal(from_array(new[,] { { 1, 2 }, { 3, 4 } }), [2, 2], 1, 2, 3, 4);
    }

    [Fact]
    public void A_file_is_mapped_and_what_is_written_stays_in_memory()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, MemoryMarshal.AsBytes(new[] { 1f, 2f, 3f }.AsSpan()).ToArray());
            using (var x = from_file(path, shared: false, size: 3, dtype: ScalarType.Float32))
            {
                Equal(x, [3], 1, 2, 3);
                Equal(x.narrow(0, 1, 2), [2], 2, 3);
                x.fill_(9);
            }

            Assert.Equal(2f, BitConverter.ToSingle(File.ReadAllBytes(path), 4));
            Assert.Throws<ExternalException>(() => from_file(path + ".none", false, 3, ScalarType.Float32));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_numbers_and_generators_do_not_disturb_each_other()
    {
        using var one = new Generator(7);
        using var two = new Generator(7);
        using var other = new Generator(8);
        var weights = tensor(new[] { 0.1f, 0.2f, 0.7f });

        Assert.True(randn([5], generator: one).Equals(randn([5], generator: two)));
        Assert.False(randn([5], generator: one).Equals(randn([5], generator: other)));
        randn(3).Dispose();
        var state = two.get_state();
        one.set_state(state);
        Assert.True(weights.multinomial(20, true, one).Equals(weights.multinomial(20, true, two)));
        two.set_state(state);
        one.manual_seed(3);
        Assert.Equal(3, one.initial_seed());
        Assert.False(rand([5], generator: one).Equals(rand([5], generator: two)));
        Assert.Throws<ArgumentException>(() => new Generator(1, CUDA));
    }

    [Fact]
    public void Random_numbers_have_the_distribution_they_are_asked_for()
    {
        manual_seed(5);
        var first = rand(3);
        manual_seed(5);
        Assert.True(first.Equals(rand(3)));
        var uniform = empty([10_000]).uniform_(2, 4);
        Assert.InRange(uniform.mean().item<float>(), 2.97, 3.03);
        Assert.InRange(uniform.min().item<float>(), 2, 2.01);
        Assert.InRange(empty([10_000]).normal_(1, 2).std().item<float>(), 1.94, 2.06);
        Assert.InRange(empty([10_000]).bernoulli_(0.3).mean().item<float>(), 0.28, 0.32);
        var whole = randint(3, 6, [1000]);
        Assert.Equal(3, whole.min().item<long>());
        Assert.Equal(5, whole.max().item<long>());
        Equal(randperm(5).sort().Values, [5], 0, 1, 2, 3, 4);
    }

    [Fact]
    public void Numbers_and_scalars_convert_both_ways()
    {
        Assert.Equal(2.5, tensor(2.5).ToScalar().ToDouble());
        Assert.Equal(3, (long)tensor(3L));
        Assert.True((bool)tensor(true));
        Assert.Equal(1.5f, (float)tensor(1.5f));
        Assert.Equal(7, ((Scalar)7).ToInt32());
        Tensor five = 5;
        Assert.Equal(ScalarType.Int32, five.dtype);
        Assert.Equal(0.5f, tensor(0.5f).ToSingle());
    }
}

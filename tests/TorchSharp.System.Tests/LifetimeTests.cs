using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class LifetimeTests
{
    [Fact]
    public void A_scope_disposes_what_was_made_in_it_except_what_was_moved_out()
    {
        var before = Live();
        Tensor kept, detached, inner;
        using (var outer = NewDisposeScope())
        {
            using (var scope = NewDisposeScope())
            {
                inner = zeros(2);
                kept = (inner + 1).MoveToOuterDisposeScope();
                detached = zeros(3).DetachFromDisposeScope();
                Assert.Equal(1, outer.DisposablesCount);
                Assert.True(scope.Contains(inner));
            }

            Assert.True(inner.IsInvalid);
            Assert.False(kept.IsInvalid);
            Assert.Same(outer, CurrentDisposeScope);
        }

        Assert.True(kept.IsInvalid);
        Assert.False(detached.IsInvalid);
        detached.Dispose();
        Assert.Null(CurrentDisposeScope);
        Assert.Equal(before, Live());
    }

    [Fact]
    public void Without_an_outer_scope_moving_out_hands_the_tensor_to_the_caller()
    {
        Tensor kept;
        using (NewDisposeScope())
        {
            kept = zeros(1).MoveToOuterDisposeScope();
        }

        Assert.False(kept.IsInvalid);
        kept.Dispose();
        using var wrapped = WrappedTensorDisposeScope(() => zeros(2) + ones(2));
        Assert.False(wrapped.IsInvalid);
    }

    [Fact]
    public void Scopes_can_take_in_keep_and_move_many_things_at_once()
    {
        var before = Live();
        using (var scope = NewDisposeScope())
        {
            var (a, b, c) = (zeros(1), zeros(1), zeros(1));
            scope.Detach(a, b);
            Assert.Equal(1, scope.DisposablesCount);
            scope.Attach(a);
            scope.Attach(a);
            Assert.Equal(2, scope.DisposablesCount);
            scope.DisposeEverythingBut(c);
            Assert.True(a.IsInvalid);
            Assert.Equal([c], scope.DisposablesView);
            using var other = NewDisposeScope();
            scope.MoveToOther(other, c);
            Assert.Equal(0, scope.DisposablesCount);
            Assert.Equal(1, other.DisposablesCount);
            b.Dispose();
        }

        Assert.Equal(before, Live());
    }

    [Fact]
    public void Any_order_of_disposal_keeps_a_scope_consistent()
    {
        var before = Live();
        using (var scope = NewDisposeScope())
        {
            var tensors = Enumerable.Range(0, 100).Select(_ => zeros(1)).ToArray();
            var order = new Random(1);
            order.Shuffle(tensors);
            foreach (var tensor in tensors.Take(60))
            {
                tensor.Dispose();
            }

            Assert.Equal(40, scope.DisposablesCount);
            Assert.All(tensors.Skip(60), tensor => Assert.True(scope.Contains(tensor)));
        }

        Assert.Equal(before, Live());
    }

    [Fact]
    public void Exceptions_and_modules_leave_nothing_alive()
    {
        var before = Live();
        for (var i = 0; i < 10; i++)
        {
            using var scope = NewDisposeScope();
            Assert.ThrowsAny<Exception>(() => zeros(2, 3).matmul(zeros(2, 3)));
        }

        using (var module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Conv1d(4, 2, 3), new Holder(nn.LSTM(2, 3))))
        {
            Assert.True(Live() > before);
        }

        Assert.Equal(before, Live());
    }

    [Fact]
    public void A_forgotten_tensor_is_released_by_the_finalizer()
    {
        var before = Live();
        Forget();
        Assert.Equal(before, Live());
    }

    [Fact]
    public void Statistics_of_a_thread_count_makings_and_disposals()
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        var outside = zeros(1);
        using (NewDisposeScope())
        {
            zeros(1).Dispose();
            zeros(1).DetachFromDisposeScope().Dispose();
        }

        outside.Dispose();
        Assert.Equal(1, statistics.CreatedOutsideScopeCount);
        Assert.Equal(2, statistics.CreatedInScopeCount);
        Assert.Equal(1, statistics.DetachedFromScopeCount);
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_disposed_tensor_says_so()
    {
        var x = zeros(1);
        x.Dispose();
        x.Dispose();

        Assert.True(x.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => x.shape);
        Assert.Throws<InvalidOperationException>(() => x + 1);
    }

    private static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        for (var i = 0; i < 10; i++)
        {
            zeros(10);
        }
    }

    private sealed class Holder : nn.Module<Tensor, Tensor>
    {
        private readonly Modules.LSTM lstm;

        public Holder(Modules.LSTM lstm) : base(nameof(Holder))
        {
            this.lstm = lstm;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => lstm.call(input).Item1;
    }
}

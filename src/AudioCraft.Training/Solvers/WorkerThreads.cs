using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace AudioCraft.Training;

/// <summary>
/// Threads that each process a part of a batch. On a CPU, one thread per part needs less synchronization than several threads per operation.
/// libtorch is set to one thread per operation; a BLAS with its own threads needs OPENBLAS_NUM_THREADS=1.
/// </summary>
internal sealed class WorkerThreads : IDisposable
{
    private readonly Thread[] threads;
    private readonly SemaphoreSlim[] calls;
    private readonly CountdownEvent finished = new(1);
    private readonly Exception?[] errors;
    private Action<int>? work;
    private bool ending;

    /// <param name="count">Number of parts, at least 1; the calling thread processes the first.</param>
    public WorkerThreads(int count)
    {
        errors = new Exception?[count];
        calls = [.. Enumerable.Range(1, count - 1).Select(_ => new SemaphoreSlim(0))];
        threads = [.. Enumerable.Range(1, count - 1).Select(part => new Thread(() => Loop(part)) { IsBackground = true, Name = $"AudioCraft training {part}" })];
        foreach (var thread in threads)
        {
            thread.Start();
        }
    }

    /// <summary>Calls <paramref name="part"/> with 0, 1, … on one thread each, and waits for all.</summary>
    public void Run(Action<int> part)
    {
        if (threads.Length == 0)
        {
            part(0);
            return;
        }

        set_num_threads(1);
        work = part;
        finished.Reset(threads.Length);
        foreach (var call in calls)
        {
            call.Release();
        }

        Try(0);
        finished.Wait();
        var error = Array.Find(errors, e => e is not null);
        Array.Clear(errors);
        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    public void Dispose()
    {
        ending = true;
        for (var i = 0; i < threads.Length; i++)
        {
            calls[i].Release();
            threads[i].Join();
            calls[i].Dispose();
        }

        finished.Dispose();
    }

    private void Loop(int part)
    {
        set_num_threads(1);
        for (calls[part - 1].Wait(); !ending; calls[part - 1].Wait())
        {
            Try(part);
            finished.Signal();
        }
    }

    private void Try(int part)
    {
        try
        {
            work!(part);
        }
        catch (Exception error)
        {
            // Rethrown on the calling thread.
            errors[part] = error;
        }
    }
}

using System.Threading.Channels;

namespace AudioCraft.Hosting;

/// <summary>Requests in the order in which they came, and those that are being served.</summary>
internal sealed class RequestQueue(int capacity)
{
    private readonly Lock gate = new();
    private readonly List<Job> waiting = [];
    private readonly List<Job> serving = [];
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool closed;

    /// <summary>Requests that wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (gate)
            {
                return closed;
            }
        }
    }

    /// <summary>Puts a request at the end and gives its place there, 1 for the next; null where no more may wait, or none are taken any more.</summary>
    public int? TryAdd(Job job)
    {
        lock (gate)
        {
            if (closed || waiting.Count >= capacity)
            {
                return null;
            }

            waiting.Add(job);
            signal.Writer.TryWrite(true);
            return waiting.Count;
        }
    }

    /// <summary>Takes a request that waits out of the queue; false where it does not wait any more.</summary>
    public bool Remove(Job job)
    {
        lock (gate)
        {
            if (!waiting.Remove(job))
            {
                return false;
            }
        }

        TellPositions();
        return true;
    }

    /// <summary>Waits until somebody waits; false when nobody does and nobody will.</summary>
    public async ValueTask<bool> WaitAsync()
    {
        var more = await signal.Reader.WaitToReadAsync().ConfigureAwait(false);
        signal.Reader.TryRead(out _);
        return more;
    }

    /// <summary>The first request, to be served now; null where nobody waits.</summary>
    public Job? Take()
    {
        lock (gate)
        {
            return waiting.Count == 0 ? null : Serve();
        }
    }

    /// <summary>The next ones too, as long as they can be served together with it: nobody is served before one who came earlier.</summary>
    public List<Job> TakeWhile(int most, Func<Job, bool> together)
    {
        var taken = new List<Job>();
        lock (gate)
        {
            while (taken.Count < most && waiting.Count > 0 && together(waiting[0]))
            {
                taken.Add(Serve());
            }
        }

        return taken;
    }

    /// <summary>All who wait, out of the queue.</summary>
    public Job[] TakeAll()
    {
        lock (gate)
        {
            Job[] all = [.. waiting];
            waiting.Clear();
            return all;
        }
    }

    /// <summary>Those that were taken have been served.</summary>
    public void Served()
    {
        lock (gate)
        {
            serving.Clear();
        }
    }

    /// <summary>Ends those that are being served.</summary>
    public void EndServed(Exception error)
    {
        Job[] all;
        lock (gate)
        {
            all = [.. serving];
        }

        Array.ForEach(all, job => job.End(error));
    }

    /// <summary>Tells everybody who waits where they are now.</summary>
    public void TellPositions()
    {
        Job[] all;
        lock (gate)
        {
            all = [.. waiting];
        }

        for (var i = 0; i < all.Length; i++)
        {
            all[i].Moved(i + 1);
        }
    }

    /// <summary>No more requests are taken; those that are here still are served.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            signal.Writer.TryComplete();
        }
    }

    /// <summary>Ends all requests, those that are being served too, and says how many there were.</summary>
    public int Abort(Func<Exception> why)
    {
        Job[] here;
        Job[] served;
        lock (gate)
        {
            Close();
            (here, served) = ([.. waiting], [.. serving.Where(job => !job.HasEnded)]);
            waiting.Clear();
        }

        Array.ForEach(here, job => job.End(why()));
        Array.ForEach(served, job => job.Interrupt(why()));
        return here.Length + served.Length;
    }

    private Job Serve()
    {
        var job = waiting[0];
        waiting.RemoveAt(0);
        serving.Add(job);
        return job;
    }
}

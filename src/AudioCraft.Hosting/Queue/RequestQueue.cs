using System.Threading.Channels;

namespace AudioCraft.Hosting;

/// <summary>The waiting requests, whose clients take turns, and those that are being served.</summary>
internal sealed class RequestQueue(int capacity)
{
    private readonly Lock gate = new();
    private readonly ClientTurns<Job> waiting = new(job => job.Client);
    private readonly List<Job> serving = [];
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool closed;

    /// <summary>The number of waiting requests.</summary>
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

    /// <summary>Adds a request and returns its position, 1 for the next; null if the queue is closed or full.</summary>
    /// <param name="job">The request.</param>
    /// <param name="removed">The request of another client that was removed from a full queue to make room, or null. The caller must end it.</param>
    public int? TryAdd(Job job, out Job? removed)
    {
        lock (gate)
        {
            removed = null;
            if (closed || (waiting.Count >= capacity && (removed = waiting.MakeRoom(job.Client)) is null))
            {
                return null;
            }

            waiting.Add(job);
            signal.Writer.TryWrite(true);
            return waiting.Ordered().IndexOf(job) + 1;
        }
    }

    /// <summary>Removes a waiting request; false if it is not waiting.</summary>
    public bool Remove(Job job)
    {
        lock (gate)
        {
            if (!waiting.Remove(job))
            {
                return false;
            }
        }

        ReportPositions();
        return true;
    }

    /// <summary>Waits for a request; false if the queue is closed and empty.</summary>
    public async ValueTask<bool> WaitAsync()
    {
        var more = await signal.Reader.WaitToReadAsync().ConfigureAwait(false);
        signal.Reader.TryRead(out _);
        return more;
    }

    /// <summary>Takes the next request to serve it; null if the queue is empty.</summary>
    public Job? Take()
    {
        lock (gate)
        {
            return waiting.Count == 0 ? null : Serve(waiting.Ordered()[0]);
        }
    }

    /// <summary>Takes the next requests as long as they meet a condition, so that none is served before an earlier one.</summary>
    public List<Job> TakeWhile(int most, Func<Job, bool> together)
    {
        var taken = new List<Job>();
        lock (gate)
        {
            foreach (var next in waiting.Ordered())
            {
                if (taken.Count >= most || !together(next))
                {
                    break;
                }

                taken.Add(Serve(next));
            }
        }

        return taken;
    }

    /// <summary>Removes all waiting requests.</summary>
    public Job[] TakeAll()
    {
        lock (gate)
        {
            Job[] all = [.. waiting.Ordered()];
            waiting.Clear();
            return all;
        }
    }

    /// <summary>The taken requests have been served.</summary>
    public void Served()
    {
        lock (gate)
        {
            serving.Clear();
        }
    }

    /// <summary>Ends the requests that are being served.</summary>
    public void EndServed(Exception error)
    {
        Job[] all;
        lock (gate)
        {
            all = [.. serving];
        }

        Array.ForEach(all, job => job.End(error));
    }

    /// <summary>Reports their positions to all waiting requests.</summary>
    public void ReportPositions()
    {
        Job[] all;
        lock (gate)
        {
            all = [.. waiting.Ordered()];
        }

        for (var i = 0; i < all.Length; i++)
        {
            all[i].Moved(i + 1);
        }
    }

    /// <summary>Rejects further requests. Waiting ones are still served.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            signal.Writer.TryComplete();
        }
    }

    /// <summary>Closes the queue and ends all requests, including those that are being served.</summary>
    /// <returns>The number of ended requests.</returns>
    public int Abort(Func<Exception> why)
    {
        Job[] queued;
        Job[] served;
        lock (gate)
        {
            Close();
            (queued, served) = ([.. waiting.Ordered()], [.. serving.Where(job => !job.HasEnded)]);
            waiting.Clear();
        }

        Array.ForEach(queued, job => job.End(why()));
        Array.ForEach(served, job => job.Interrupt(why()));
        return queued.Length + served.Length;
    }

    private Job Serve(Job job)
    {
        waiting.Serve(job);
        serving.Add(job);
        return job;
    }
}

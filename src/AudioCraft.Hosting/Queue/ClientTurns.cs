namespace AudioCraft.Hosting;

/// <summary>
/// Waiting items of several clients who take turns: the next item is that of the client who was served longest ago. Items of one client stay in order. It is not thread-safe.
/// </summary>
/// <param name="clientOf">The client of an item; all items without a client have the same.</param>
internal sealed class ClientTurns<T>(Func<T, string> clientOf) where T : class
{
    /// <summary>The number of clients whose last turn is remembered.</summary>
    private const int RememberedClients = 4096;

    // In order of arrival.
    private readonly List<T> waiting = [];
    private readonly Dictionary<string, long> lastTurns = [];
    private long turn;

    public int Count => waiting.Count;

    public void Add(T item) => waiting.Add(item);

    public bool Remove(T item) => waiting.Remove(item);

    public void Clear() => waiting.Clear();

    /// <summary>The items in the order in which they will be served if no others arrive.</summary>
    public List<T> Ordered()
    {
        var clients = waiting.GroupBy(clientOf).ToList();
        if (clients.Count <= 1)
        {
            return [.. waiting];
        }

        // Of clients who have not been served yet, those with the fewest items are first. The sort is stable: then the first to arrive.
        var turns = clients.OrderBy(client => lastTurns.GetValueOrDefault(client.Key)).ThenBy(client => client.Count()).Select(client => client.ToList()).ToList();
        var rounds = turns.Max(client => client.Count);
        return [.. Enumerable.Range(0, rounds).SelectMany(round => turns.Where(client => round < client.Count).Select(client => client[round]))];
    }

    /// <summary>Removes an item to serve it, which is the turn of its client.</summary>
    public void Serve(T item)
    {
        waiting.Remove(item);
        TakeTurn(clientOf(item));
    }

    /// <summary>A client is served without having waited.</summary>
    public void TakeTurn(string client)
    {
        lastTurns[client] = ++turn;
        if (lastTurns.Count > RememberedClients)
        {
            foreach (var (oldest, _) in lastTurns.OrderBy(entry => entry.Value).Take(RememberedClients / 2).ToList())
            {
                lastTurns.Remove(oldest);
            }
        }
    }

    /// <summary>
    /// Makes room for an item of a client by removing the newest item of the client with the most waiting items, provided that it still has at least as many as the other then.
    /// </summary>
    /// <returns>The removed item, or null.</returns>
    public T? MakeRoom(string client)
    {
        var most = waiting.GroupBy(clientOf).MaxBy(other => other.Count());
        if (most is null || most.Count() <= waiting.Count(item => clientOf(item) == client) + 1)
        {
            return null;
        }

        var newest = most.Last();
        waiting.Remove(newest);
        return newest;
    }
}

namespace AudioCraft.Hosting;

/// <summary>
/// Waiting items of several clients who take turns: the next item belongs to the client who was served longest ago. Items of one client stay in order.
/// Clients who send many items to a full queue are served after all others. It is not thread-safe.
/// </summary>
/// <param name="clientOf">The client of an item; all items without a client have the same.</param>
internal sealed class ClientTurns<T>(Func<T, string> clientOf) where T : class
{
    /// <summary>The number of clients whose last turn is remembered.</summary>
    private const int RememberedClients = 4096;

    /// <summary>The number of rejected items since its last turn with which a client is served after the others. Clients that retry after a pause have fewer.</summary>
    private const int ManyRejections = 4;

    // In order of arrival.
    private readonly List<T> waiting = [];
    private readonly Dictionary<string, long> lastTurns = [];
    private readonly Dictionary<string, int> rejections = [];
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
        var turns = clients.OrderBy(client => IsFlooding(client.Key)).ThenBy(client => lastTurns.GetValueOrDefault(client.Key)).ThenBy(client => client.Count())
            .Select(client => client.ToList()).ToList();
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
        rejections.Remove(client);
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
    /// Makes room for an item of a client by removing the newest item of the client with the most waiting items, if that client would still have at least as many
    /// waiting items, or only that client is flooding. If there is none, the item counts as rejected.
    /// </summary>
    /// <returns>The removed item, or null.</returns>
    public T? MakeRoom(string client)
    {
        var most = waiting.GroupBy(clientOf).Where(other => other.Key != client).MaxBy(other => (IsFlooding(other.Key), other.Count()));
        if (most is null || !((IsFlooding(most.Key) && !IsFlooding(client)) || most.Count() > waiting.Count(item => clientOf(item) == client) + 1))
        {
            if (rejections.Count >= RememberedClients)
            {
                rejections.Clear();
            }

            rejections[client] = rejections.GetValueOrDefault(client) + 1;
            return null;
        }

        var newest = most.Last();
        waiting.Remove(newest);
        return newest;
    }

    private bool IsFlooding(string client) => rejections.GetValueOrDefault(client) >= ManyRejections;
}

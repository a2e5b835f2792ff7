using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AudioCraft.Hosting.Tests;

/// <summary>Metrics, traces and logs.</summary>
public sealed class TelemetryTests
{
    private const string Secret = "a secret wish";

    [Fact]
    public async Task Requests_are_measured_by_outcome_waiting_time_first_audio_and_steps()
    {
        using var listener = new MeterListener();
        var measured = new ConcurrentQueue<(string Name, double Value, string Tags)>();
        listener.InstrumentPublished = (instrument, on) =>
        {
            if (instrument.Meter.Name == AudioCraftTelemetry.Name)
            {
                on.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();

        await using (var test = await TestHost.StartAsync(options => options.MaxQueueLength = 2))
        {
            await test.Generator.LoadAsync();
            var stream = test.Generator.Stream(new SoundRequest(Secret) { Duration = 2 });
            await test.Model.BegunAsync();
            using var cancel = new CancellationTokenSource();
            var canceled = test.Generator.GenerateAsync(new SoundRequest("x"), null, cancel.Token);
            var whole = test.Generator.GenerateAsync(new SoundRequest("y"));
            Assert.Throws<QueueFullException>(() => { _ = test.Generator.Stream(new SoundRequest("z")); });
            listener.RecordObservableInstruments();
            await cancel.CancelAsync();
            test.Time.Advance(TimeSpan.FromSeconds(2));
            test.Model.Run();
            Assert.Equal(5, (await QueueTests.ToListAsync(stream)).Count);
            await whole;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        }

        const string all = "audiocraft.model=fake audiocraft.operation=";
        Assert.Equal([2], Of("audiocraft.queue.length", "audiocraft.model=fake"));
        Assert.Equal([1], Of("audiocraft.requests", all + "stream audiocraft.outcome=completed"));
        Assert.Equal([1], Of("audiocraft.requests", all + "generate audiocraft.outcome=completed"));
        Assert.Equal([1], Of("audiocraft.requests", all + "generate audiocraft.outcome=canceled"));
        Assert.Equal([1], Of("audiocraft.requests", all + "stream audiocraft.outcome=queue_full"));
        Assert.Equal([0], Of("audiocraft.queue.wait", all + "stream"));
        Assert.Equal([2], Of("audiocraft.queue.wait", all + "generate"));
        Assert.Equal([2], Of("audiocraft.request.first_audio", all + "stream"));
        Assert.Equal([2], Of("audiocraft.request.duration", all + "stream audiocraft.outcome=completed"));
        Assert.Equal(2, Of("audiocraft.sound", all + "stream").Sum(), 1e-9);
        Assert.Equal([5, 5], Of("audiocraft.steps", "audiocraft.model=fake"));
        Assert.Equal([2.5], Of("audiocraft.step.rate", "audiocraft.model=fake"));
        Assert.Equal([1, 1], Of("audiocraft.batch.size", "audiocraft.model=fake"));
        Assert.Equal([0], Of("audiocraft.load.duration", "audiocraft.model=fake"));
        Assert.DoesNotContain(measured, m => m.Tags.Contains(Secret, StringComparison.Ordinal));

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));

        double[] Of(string name, string tags) => [.. measured.Where(m => m.Name == name && m.Tags == tags).Select(m => m.Value)];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_is_an_activity_of_the_callers_trace_and_contains_the_description_only_if_enabled(bool record)
    {
        using var listener = new ActivityListener();
        var ended = new ConcurrentQueue<Activity>();
        listener.ShouldListenTo = source => source.Name == AudioCraftTelemetry.Name;
        listener.Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded;
        listener.ActivityStopped = ended.Enqueue;
        ActivitySource.AddActivityListener(listener);
        var log = new LogCollector();

        await using (var test = await TestHost.StartAsync(options => options.RecordPrompts = record, services => services.AddLogging(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace))))
        {
            test.Model.Run();
            using var caller = new Activity("caller").Start();
            await test.Generator.GenerateAsync(new SoundRequest(Secret));
            Assert.Same(caller, Activity.Current);
            _ = await QueueTests.ToListAsync(test.Generator.Stream(new SoundRequest(Secret)));
            Assert.Same(caller, Activity.Current);
            test.Model.Check = _ => throw new AudioCraftException("the model broke");
            await Assert.ThrowsAsync<AudioCraftException>(() => test.Generator.GenerateAsync(new SoundRequest(Secret)));
            Assert.All(ended, activity => Assert.Equal(caller.SpanId, activity.ParentSpanId));
            await test.StopAsync();
        }

        Assert.Equal(["audiocraft.generate", "audiocraft.stream", "audiocraft.generate"], ended.Select(activity => activity.OperationName));
        Assert.Equal(["completed", "completed", "failed"], ended.Select(activity => activity.GetTagItem("audiocraft.outcome")));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Unset, ActivityStatusCode.Error], ended.Select(activity => activity.Status));
        Assert.Equal(["started", "first audio"], ended.ElementAt(1).Events.Select(e => e.Name));
        Assert.All(ended, activity => Assert.Equal(record ? Secret : null, activity.GetTagItem("audiocraft.prompt")));
        Assert.Equal(record, log.Entries.Any(entry => entry.Text.Contains(Secret, StringComparison.Ordinal)));
        int[] always = [200, 201, 203, 210, 213, 214, 216, 220];
        Assert.Superset(always.ToHashSet(), log.Entries.Select(entry => entry.Id).ToHashSet());
        Assert.Equal(record, log.Entries.Any(entry => entry.Id == 211));
    }

    [Theory]
    [InlineData("rain\u001b[31m\r\nfake entry", "rain\\u001B[31m\\r\\nfake entry")]
    [InlineData("a\u009bb\u2028c\u202ed", "a\\u009Bb\\u2028c\\u202Ed")]
    [InlineData("Hund 🐕 बारिश \u0001", "Hund 🐕 बारिश \\u0001")]
    [InlineData("rain on a roof 👩\u200d🚒", "rain on a roof 👩\u200d🚒")]
    public async Task Control_characters_of_descriptions_are_escaped_in_logs(string description, string logged)
    {
        var log = new LogCollector();
        await using var test = await TestHost.StartAsync(options => options.RecordPrompts = true, services => services.AddLogging(logging => logging.AddProvider(log)));
        test.Model.Run();
        await test.Generator.GenerateAsync(new SoundRequest(description));
        Assert.EndsWith($"has the description: {logged}", Assert.Single(log.Entries, entry => entry.Id == 211).Text, StringComparison.Ordinal);
    }

    private sealed class LogCollector : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(int Id, string Text)> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Enqueue((eventId.Id, formatter(state, exception) + exception));

        public void Dispose() { }
    }
}

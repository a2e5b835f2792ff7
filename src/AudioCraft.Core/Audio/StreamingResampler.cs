using static TorchSharp.torch;
using TorchSharp;

namespace AudioCraft.Audio;

/// <summary>Applies a <see cref="Resampler"/> chunk by chunk.</summary>
internal sealed class StreamingResampler(Resampler resampler) : IDisposable
{
    /// <summary>[C, T]: the inputs from <see cref="Resampler.Width"/> samples before the next output on; empty if nothing is resampled. It has the type and device of the chunks.</summary>
    private Tensor? pending;
    private long received;
    private long returned;

    /// <summary>Returns the outputs whose inputs are complete, in the current dispose scope.</summary>
    public Tensor Push(Tensor chunk)
    {
        received += chunk.size(1);
        if (resampler.IsIdentity || chunk.size(1) == 0)
        {
            if (pending is null)
            {
                Keep(chunk.narrow(1, 0, 0).clone());
            }

            return chunk.clone();
        }

        // The first sample is repeated outwards.
        var inputs = pending is null || received == chunk.size(1) ? cat([chunk.narrow(1, 0, 1).expand(-1, resampler.Width), chunk], 1) : cat([pending, chunk], 1);
        var steps = resampler.CompleteSteps(inputs.size(1));
        if (steps == 0)
        {
            Keep(inputs);
            return chunk.narrow(1, 0, 0).clone();
        }

        var outputs = resampler.Steps(inputs, steps);
        Keep(inputs.narrow(1, steps * resampler.InputsPerStep, inputs.size(1) - (steps * resampler.InputsPerStep)).clone());
        returned += outputs.size(1);
        return outputs;
    }

    /// <summary>Returns the rest of the outputs, in the current dispose scope.</summary>
    public Tensor Complete(int channels)
    {
        var count = resampler.IsIdentity ? 0 : Math.Max(0, resampler.DefaultLength(received) - returned);
        if (pending is null)
        {
            return empty(channels, 0, dtype: ScalarType.Float32);
        }

        if (count == 0)
        {
            return pending.narrow(1, 0, 0).clone();
        }

        // The last sample is repeated outwards.
        var steps = (count + resampler.OutputsPerStep - 1) / resampler.OutputsPerStep;
        var missing = resampler.InputsOf(steps) - pending.size(1);
        var inputs = missing > 0 ? cat([pending, pending.narrow(1, pending.size(1) - 1, 1).expand(-1, missing)], 1) : pending;
        var outputs = resampler.Steps(inputs, steps).narrow(1, 0, count).contiguous();
        returned += count;
        return outputs;
    }

    public void Dispose() => pending?.Dispose();

    private void Keep(Tensor inputs)
    {
        pending?.Dispose();
        pending = inputs.DetachFromDisposeScope();
    }
}

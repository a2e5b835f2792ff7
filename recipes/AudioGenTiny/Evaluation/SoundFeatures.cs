using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>
/// Features of a sound: statistics of log-mel bands over time, modulation spectra of their envelopes, onsets, and levels.
/// All except the last <see cref="LevelCount"/> values are independent of volume.
/// </summary>
internal static class SoundFeatures
{
    /// <summary>Number of values at the end that depend on volume.</summary>
    public const int LevelCount = 4;

    private const int Bands = LogMel.Bands, Rates = 14, Below = 10, Above = 14;
    private const float Floor = -45;

    // Bands for rhythm features: all, and from low to high.
    private static readonly (int First, int End)[] _regions = [(0, Bands), (0, 6), (6, 14), (14, 24), (24, 32), (32, Bands)];

    public static float[] Of(ReadOnlySpan<float> sound, LogMel mel)
    {
        var levels = mel.Of(sound);
        var frames = levels.Length / Bands;
        var reference = Percentile(Enumerable.Range(0, frames).Select(f => Max(levels.AsSpan(f * Bands, Bands))), 0.98);
        var relative = levels.Select(level => Math.Max(level - reference, Floor)).ToArray();
        var features = new List<float>(400);
        for (var band = 0; band < Bands; band++)
        {
            AddStatistics(features, [.. Enumerable.Range(0, frames).Select(f => relative[f * Bands + band])]);
        }

        foreach (var (first, end) in _regions)
        {
            var envelope = Envelope(relative, frames, first, end);
            AddModulation(features, envelope);
            AddOnsets(features, envelope);
        }

        AddSpectralMotion(features, relative, frames);
        AddShape(features, relative, frames);
        var peak = 1e-5f;
        var square = 1e-10;
        foreach (var sample in sound)
        {
            peak = Math.Max(peak, Math.Abs(sample));
            square += (double)sample * sample;
        }

        var rms = (float)(10 * Math.Log10(square / Math.Max(1, sound.Length)));
        features.AddRange([20 * MathF.Log10(peak), rms, reference, Percentile(levels, 0.9)]);
        return [.. features.Select(x => float.IsFinite(x) ? x : 0)];
    }

    /// <summary>Mean, spread, extremes, and the level of the mean power, in units of 10 dB.</summary>
    private static void AddStatistics(List<float> features, float[] levels)
    {
        var mean = levels.Average();
        var deviation = MathF.Sqrt(levels.Average(x => (x - mean) * (x - mean)));
        var power = 10 * MathF.Log10(levels.Average(x => MathF.Pow(10, x / 10)));
        Array.Sort(levels);
        features.AddRange([mean / 10, deviation / 10, levels[levels.Length / 10] / 10, levels[levels.Length / 2] / 10, levels[levels.Length * 19 / 20] / 10, power / 10]);
    }

    /// <summary>Amplitude of a range of bands over time, with a maximum of 1.</summary>
    private static float[] Envelope(float[] relative, int frames, int first, int end)
    {
        var envelope = new float[frames];
        for (var f = 0; f < frames; f++)
        {
            for (var band = first; band < end; band++)
            {
                envelope[f] += MathF.Pow(10, relative[f * Bands + band] / 10);
            }

            envelope[f] = MathF.Sqrt(envelope[f]);
        }

        var largest = Math.Max(1e-3f, Max(envelope));
        return [.. envelope.Select(x => x / largest)];
    }

    /// <summary>Logarithms of the energies in bands of modulation from 0.3 to 36 Hz, as shares of the whole.</summary>
    private static void AddModulation(List<float> features, float[] envelope)
    {
        const int Size = 512;
        using var scope = NewDisposeScope();

        // Called on several threads: see LogMel.Of.
        var mean = envelope.Average();
        var spectrum = view_as_real(fft.rfft(tensor([.. envelope.Select(value => value - mean)]), Size));
        var power = (spectrum * spectrum).sum(-1).data<float>().ToArray();
        var energies = new float[Rates];
        for (var bin = 1; bin < power.Length; bin++)
        {
            var rate = (double)bin * LogMel.FramesPerSecond / Size;
            energies[Math.Clamp((int)(Rates * Math.Log(rate / 0.3) / Math.Log(36 / 0.3)), 0, Rates - 1)] += power[bin];
        }

        var sum = energies.Sum() + 1e-3f;
        features.AddRange(energies.Select(e => MathF.Log10(e / sum + 1e-3f)));
        features.Add(MathF.Log10(sum));
    }

    /// <summary>Number and distances of onsets; duration and end of the sound.</summary>
    private static void AddOnsets(List<float> features, float[] envelope)
    {
        var onsets = new List<int>();
        for (var i = 4; i < envelope.Length; i++)
        {
            var rise = envelope[i] - Math.Min(envelope[i - 2], envelope[i - 4]);
            if (rise > 0.22f && (onsets.Count == 0 || i - onsets[^1] >= 8))
            {
                onsets.Add(i);
            }
        }

        var gaps = onsets.Zip(onsets.Skip(1), (a, b) => MathF.Log(b - a)).DefaultIfEmpty(MathF.Log(envelope.Length)).ToArray();
        var mean = gaps.Average();
        features.AddRange([MathF.Log(1 + onsets.Count), mean, MathF.Sqrt(gaps.Average(g => (g - mean) * (g - mean)))]);
        foreach (var threshold in (ReadOnlySpan<float>)[0.5f, 0.2f, 0.05f])
        {
            features.Add(envelope.Count(x => x > threshold) / (float)envelope.Length);
        }

        features.Add((Array.FindLastIndex(envelope, x => x > 0.1f) + 1) / (float)envelope.Length);
    }

    /// <summary>Position and motion of the strongest band and of the centroid, and purity of tones, weighted by energy.</summary>
    private static void AddSpectralMotion(List<float> features, float[] relative, int frames)
    {
        double weight = 1e-6, top = 0, top2 = 0, center = 0, center2 = 0, purity = 0, motion = 0, flux = 0;
        var before = 0;
        for (var f = 0; f < frames; f++)
        {
            double sum = 0, moment = 0, change = 0;
            var best = 0;
            for (var band = 0; band < Bands; band++)
            {
                var level = relative[f * Bands + band];
                var energy = Math.Pow(10, level / 10);
                sum += energy;
                moment += band * energy;
                best = level > relative[f * Bands + best] ? band : best;
                change += f == 0 ? 0 : Math.Abs(level - relative[(f - 1) * Bands + band]);
            }

            var (w, mean) = (Math.Sqrt(sum), moment / sum);
            weight += w;
            top += w * best;
            top2 += w * best * best;
            center += w * mean;
            center2 += w * mean * mean;
            purity += w * Math.Log10(Math.Pow(10, relative[f * Bands + best] / 10) / sum);
            motion += w * (best - before);
            flux += w * change;
            before = best;
        }

        features.AddRange([
            (float)(top / weight), (float)Math.Sqrt(Math.Max(0, top2 / weight - top * top / (weight * weight))),
            (float)(center / weight), (float)Math.Sqrt(Math.Max(0, center2 / weight - center * center / (weight * weight))),
            (float)(purity / weight * 10), (float)(motion / weight), (float)(flux / weight / Bands)]);
    }

    /// <summary>The spectrum relative to its strongest band, of the whole and of the average frame, which makes it independent of pitch; and the share of one band.</summary>
    private static void AddShape(List<float> features, float[] relative, int frames)
    {
        var (power, moments, weights) = (new double[Bands], new double[Above + Below + 1], new double[Above + Below + 1]);
        for (var f = 0; f < frames; f++)
        {
            var frame = relative.AsSpan(f * Bands, Bands);
            var top = frame.IndexOf(Max(frame));
            var weight = Math.Pow(10, frame[top] / 20);
            for (var band = 0; band < Bands; band++)
            {
                power[band] += Math.Pow(10, frame[band] / 10);
                if (band - top is >= -Below and <= Above)
                {
                    moments[band - top + Below] += weight * (frame[band] - frame[top]);
                    weights[band - top + Below] += weight;
                }
            }
        }

        var strongest = Array.IndexOf(power, power.Max());
        for (var offset = -Below; offset <= Above; offset++)
        {
            var band = strongest + offset;
            features.Add(band is >= 0 and < Bands ? Math.Max(Floor, (float)(10 * Math.Log10(power[band] / power[strongest]))) / 10 : Floor / 10);
            var moment = moments[offset + Below] / Math.Max(1e-9, weights[offset + Below]);
            features.Add((float)(weights[offset + Below] > 0 ? moment : Floor) / 10);
        }

        features.Add((float)(power[Math.Max(0, strongest - 1)..Math.Min(Bands, strongest + 2)].Sum() / power.Sum()));
    }

    private static float Max(ReadOnlySpan<float> values)
    {
        var largest = float.NegativeInfinity;
        foreach (var value in values)
        {
            largest = Math.Max(largest, value);
        }

        return largest;
    }

    private static float Percentile(IEnumerable<float> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)(share * (sorted.Length - 1))];
    }
}

using AudioCraft;
using AudioCraft.Codecs;
using TorchSharp;
using static TorchSharp.torch;

namespace AudioGenTiny.Recipe;

/// <summary>
/// Initializes a SEANet as a channel vocoder (Dudley, "Remaking Speech", 1939). A frame contains the logarithms of band levels; the decoder adds up many tones of fixed phase,
/// each with the level of its band. Frames contain no phase, for which a low bit rate has no room anyway; they are smooth, cheap to quantize, and easy to predict for a language model.
/// Training then improves the decoder.
/// <para>
/// The last <c>waves</c> values of a frame are waveform coefficients of a few low frequencies (<see cref="VocoderWaves"/>). The first codebook codes levels only, the others both.
/// </para>
/// <para>
/// The layers compute this exactly, with ELU: strided convolutions move the samples of a block into channels (an offset keeps them in the linear range of ELU);
/// at the frame rate, one convolution is a filter bank with three phases per filter, whose positive parts add up to its envelope; the next maps band levels A to
/// e^(−gA) − 1 for gains g that grow geometrically, whose sum is −log A up to a constant; in the decoder, the negative side of ELU turns logarithms back into levels.
/// </para>
/// </summary>
/// <param name="waves">How many of the values of a frame, the last ones, are waveform coefficients; at least 0.</param>
public sealed class VocoderInitializer(int waves) : ICodecInitializer
{
    private const int Phases = 3, Gains = 7, WaveGains = 4, Signs = 2;
    private const double Offset = 2, FullScale = 4000, PhaseSum = 0.955, Floor = 1, LowestHertz = 30, LatentMiddle = 4, LatentUnit = 2, WaveUnit = 2, LeastWave = 1.75, WaveScale = 8, Neighbours = 0.2;

    /// <summary>Ratio of the largest to the smallest gain: the range between full scale and the floor.</summary>
    private const double GainRange = 3 * FullScale;

    private static readonly double GainRatio = Math.Pow(GainRange, 1.0 / (Gains - 1));

    /// <summary>Rows of parameters that are not trained: what turns waveform coefficients into samples. Spectral losses do not depend on phase and would use them for levels.</summary>
    private readonly List<(string Parameter, long First, long Count)> fixedRows = [];

    /// <summary>Whether a model has the required layers: mono, not causal, ELU, no LSTM, padding by reflection, ratios (in the decoder's order) that start with 1, one configuration for encoder and decoder.</summary>
    /// <param name="model">The configuration of the model.</param>
    /// <param name="waves">How many of the values of a frame are waveform coefficients.</param>
    public static bool Supports(EncodecConfig model, int waves)
    {
        var config = model.Encoder;
        return model.Channels == 1 && model.Decoder is null && !config.Causal && config.LstmLayers == 0 && config.PaddingMode == ConvPaddingMode.Reflect && config.TrueSkip && config.Activation.Name == "ELU" && config.Activation.Parameters is null or { Count: 0 }
            && config.Ratios.Count >= 2 && config.Ratios[0] == 1 && waves >= 0 && Bands(config, waves) >= 8 && Tones(config, model.SampleRate, waves) >= 8
            && Enumerable.Range(2, config.Ratios.Count - 2).All(stage => config.Ratios.Skip(stage).Aggregate(1, (a, b) => a * b) <= config.Filters << (config.Ratios.Count - stage));
    }

    /// <inheritdoc/>
    public void Initialize(EncodecModel model, AudioDataset data) => Initialize(model);

    /// <summary>Sets the weights; no data is needed.</summary>
    /// <param name="model">A model that <see cref="Supports"/> accepts.</param>
    /// <exception cref="ArgumentException">The model lacks a required layer.</exception>
    public void Initialize(EncodecModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!Supports(model.Config, waves))
        {
            throw new ArgumentException(
                $"The vocoder initialization with {waves} waveform coefficients needs a mono model that is not causal, with ELU, padding by reflection, no LSTM, ratios that start with 1, and enough filters for 8 bands.", nameof(model));
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var config = model.Config.Encoder;
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach (var name in parameters.Keys.Where(n => n.Contains(".block.3.", StringComparison.Ordinal) && !n.EndsWith("weight_v", StringComparison.Ordinal)))
        {
            // Residual blocks add nothing at first.
            parameters[name].zero_();
        }

        var (encoder, decoder) = (CodecKernel.Names(parameters.Keys, "encoder"), CodecKernel.Names(parameters.Keys, "decoder"));
        CodecKernel Of(List<string> side, Index index) => new(parameters, side[index]);
        var bands = VocoderBand.Mel(Bands(config, waves), LowestHertz, model.SampleRate);
        SamplesToChannels(config, Of(encoder, 0), Of(decoder, ^1), (stage) => (Of(encoder, stage + 1), Of(decoder, ^(stage + 2))));
        Analyze(config, model.SampleRate, bands, waves, Of(encoder, ^3));
        Logarithm(config, bands, waves, Of(encoder, ^2), Of(encoder, ^1));
        Exponential(config, model.SampleRate, bands, waves, Of(decoder, 0), Of(decoder, 1));
        Synthesize(config, model.SampleRate, waves, Of(decoder, 2));

        // The levels of the tones and the tones themselves are trained; the layers after them must stay exact, or silence would not stay silent.
        foreach (var (name, parameter) in parameters)
        {
            parameter.requires_grad = name.StartsWith(decoder[0] + ".", StringComparison.Ordinal) || name.StartsWith(decoder[2] + ".", StringComparison.Ordinal);
        }

        // Both layers have these channels as rows: the first as outputs, the transposed one as inputs; the biases of the latter belong to the samples.
        var (first, count) = (Tones(config, model.SampleRate, waves), waves * Signs);
        fixedRows.Clear();
        fixedRows.AddRange(parameters.Where(p => waves > 0 && p.Value.requires_grad && p.Key != decoder[2] + ".bias").Select(p => (p.Key, (long)first, (long)count)));
    }

    /// <inheritdoc/>
    public void MaskGradients(EncodecModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var guard = no_grad();
        foreach (var (name, first, count) in fixedRows)
        {
            using var gradient = model.get_parameter(name)!.grad;
            using var rows = gradient?.narrow(0, first, count);
            rows?.zero_();
        }
    }

    /// <inheritdoc/>
    public Tensor? FirstCodebookFrames(Tensor frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        if (waves == 0)
        {
            return null;
        }

        // Levels alone, the most predictable part of the audio.
        var levels = frames.clone();
        using var last = levels.narrow(1, levels.size(1) - waves, waves);
        last.zero_();
        return levels;
    }

    /// <summary>As many bands as a frame has values and the layers have channels, besides the waveform coefficients.</summary>
    private static int Bands(SEANetConfig config, int waves) => Math.Min(config.Dimension - waves, Math.Min((Width(config, 0) - (waves * Signs * WaveGains)) / Gains, (Width(config, 1) - (waves * Signs)) / Phases));

    /// <summary>Tones at multiples of the frame rate, which are continuous across frames.</summary>
    private static int Tones(SEANetConfig config, int rate, int waves) => Math.Min(Width(config, 1) - (waves * Signs), (rate / 2 / (rate / config.HopLength)) - 1);

    /// <summary>Channels after the stage of a ratio.</summary>
    private static int Width(SEANetConfig config, int ratio) => config.Filters << (config.Ratios.Count - ratio);

    private static int Before(int stride) => stride - (stride / 2);

    private static int Center(int kernel) => kernel / 2;

    // Samples of a block become channels, in their order, and the decoder turns channels back into samples.
    private static void SamplesToChannels(SEANetConfig config, CodecKernel first, CodecKernel last, Func<int, (CodecKernel Down, CodecKernel Up)> stages)
    {
        first.Set(0, 0, Center(config.KernelSize), 1);
        first.SetBias(0, Offset);
        first.ZeroRest(..1, ..);
        first.Finish(1);
        last.Set(0, 0, Center(config.LastKernelSize), 1);
        last.SetBias(0, -Offset);
        last.ZeroRest(.., ..);
        last.Finish(0);
        var active = 1;
        for (var stage = 0; stage < config.Ratios.Count - 2; stage++)
        {
            var stride = config.Ratios[^(stage + 1)];
            var (down, up) = stages(stage);
            for (var i = 0; i < stride * active; i++)
            {
                down.Set(i, i % active, Before(stride) + (i / active), 1);
                up.Set(i, i % active, Before(stride) + (i / active), 1);
            }

            down.ZeroRest(..(stride * active), ..);
            up.ZeroRest(.., ..active);
            down.Finish(1);
            up.Finish(1);
            active *= stride;
        }
    }

    // Each band has one filter or, if there are enough channels, two that sweep through it up and down, in three phases each.
    private static void Analyze(SEANetConfig config, int rate, VocoderBand[] bands, int waves, CodecKernel kernel)
    {
        var (stride, block) = (config.Ratios[1], config.HopLength / config.Ratios[1]);
        var row = 0;
        void AddFilter(Func<int, double> filter)
        {
            var sum = 0.0;
            for (var n = 0; n < 2 * config.HopLength; n++)
            {
                kernel.Set(row, n % block, n / block, FullScale * filter(n));
                sum += FullScale * filter(n);
            }

            kernel.SetBias(row++, -Offset * sum);
        }

        for (var b = 0; b < bands.Length; b++)
        {
            for (var filter = 0; filter < Filters(config, bands.Length, waves, b); filter++)
            {
                var (real, imaginary) = bands[b].Filter(2 * config.HopLength, rate, upwards: filter == 0);
                for (var phase = 0; phase < Phases; phase++)
                {
                    var (sine, cosine) = Math.SinCos(2 * Math.PI * phase / Phases);
                    AddFilter(n => (cosine * real[n]) + (sine * imaginary[n]));
                }
            }
        }

        // Both signs of a coefficient, each cut at zero by ELU.
        for (var wave = 0; wave < waves; wave++)
        {
            var basis = VocoderWaves.Basis(wave, config.HopLength);
            AddFilter(n => basis[n] * VocoderWaves.Amplitude(config.HopLength));
            AddFilter(n => -basis[n] * VocoderWaves.Amplitude(config.HopLength));
        }

        kernel.ZeroRest(..row, ..);
        kernel.Finish(1);
    }

    private static int Filters(SEANetConfig config, int bands, int waves, int band) => band >= bands - (((Width(config, 1) - (waves * Signs)) / Phases) - bands) ? 2 : 1;

    private static double Gain(int index) => 0.5 / FullScale * Math.Pow(GainRatio, index);

    private static void Logarithm(SEANetConfig config, VocoderBand[] bands, int waves, CodecKernel levels, CodecKernel logarithms)
    {
        var column = 0;
        for (var b = 0; b < bands.Length; b++)
        {
            var filters = Filters(config, bands.Length, waves, b);
            for (var j = 0; j < Gains; j++)
            {
                var (row, gain) = ((b * Gains) + j, Gain(j));
                for (var i = 0; i < filters * Phases; i++)
                {
                    levels.Set(row, column + i, Before(1), -gain / (PhaseSum * filters));
                }

                // The negative phases of a filter have become -1; this makes the floor the lowest level.
                levels.SetBias(row, -gain * Floor);
                for (var frame = -1; frame <= 1; frame++)
                {
                    // A share of the neighboring frames smooths the level of noise, which is random in a single frame.
                    logarithms.Set(b, row, Center(config.LastKernelSize) + frame, -Math.Log(GainRatio) / LatentUnit * (frame == 0 ? 1 - (2 * Neighbours) : Neighbours));
                }
            }

            logarithms.SetBias(b, -(LatentMiddle + Constant(Gains)) / LatentUnit);
            column += filters * Phases;
        }

        var last = bands.Length * Gains;
        for (var side = 0; side < waves * Signs; side++)
        {
            for (var j = 0; j < WaveGains; j++, last++)
            {
                // The opposite sign has become -1, which must contribute nothing here.
                levels.Set(last, column + side, Before(1), -Gain(j));
                levels.SetBias(last, -Gain(j));
                logarithms.Set(bands.Length + (side / Signs), last, Center(config.LastKernelSize), -Sign(side) * Math.Log(GainRatio) / WaveUnit);
            }
        }

        levels.ZeroRest(..last, ..);
        levels.Finish(1);
        logarithms.ZeroRest(..(bands.Length + waves), ..);
        logarithms.Finish(0.01);
    }

    private static int Sign(int side) => side % Signs == 0 ? 1 : -1;

    // Σ (1 − e^(−gA)) ln growth = ln A + this, for A between the inverses of so many gains: the sum's integral and half a term (γ is Euler's constant).
    private static double Constant(int gains) => Math.Log(Gain(gains - 1)) + 0.5772156649 + (0.5 * Math.Log(GainRatio));

    private static void Exponential(SEANetConfig config, int rate, VocoderBand[] bands, int waves, CodecKernel logarithms, CodecKernel levels)
    {
        var (tones, step) = (Tones(config, rate, waves), (double)rate / config.HopLength);
        for (var m = 0; m < tones; m++)
        {
            var hertz = Hertz(m, rate, config);
            var place = Math.Clamp(bands.TakeWhile(band => band.Hertz <= hertz).Count() - 1, 0, bands.Length - 2);
            var share = Math.Clamp((hertz - bands[place].Hertz) / (bands[place + 1].Hertz - bands[place].Hertz), 0, 1);
            logarithms.Set(m, place, Center(config.KernelSize), (1 - share) * LatentUnit);
            logarithms.Set(m, place + 1, Center(config.KernelSize), share * LatentUnit);

            // The power of a band is shared by the tones in it.
            var width = bands[place].Width + (share * (bands[place + 1].Width - bands[place].Width));
            logarithms.SetBias(m, LatentMiddle - Math.Log(FullScale) + (0.5 * Math.Log(Math.Min(1, step / width))));
            levels.Set(m, m, Before(1), 1);
            levels.SetBias(m, 1);
        }

        // e^c and e^-c, minus a threshold, scaled so that smaller coefficients become the -1 of ELU for both signs: small errors of frames are not audible in silence.
        var top = Constant(WaveGains) + Math.Log(FullScale);
        for (var side = 0; side < waves * Signs; side++)
        {
            logarithms.Set(tones + side, bands.Length + (side / Signs), Center(config.KernelSize), Sign(side) * WaveUnit);
            logarithms.SetBias(tones + side, -top);
            levels.Set(tones + side, tones + side, Before(1), WaveScale * Math.Exp(top));
            levels.SetBias(tones + side, WaveScale * (Math.Exp(top) - Math.Exp(LeastWave)));
        }

        var channels = tones + (waves * Signs);
        logarithms.ZeroRest(..channels, ..);
        logarithms.Finish(1);
        levels.ZeroRest(.., ..channels);
        levels.Finish(1);
    }

    private static void Synthesize(SEANetConfig config, int rate, int waves, CodecKernel kernel)
    {
        var (length, block, tones) = (2 * config.HopLength, config.HopLength / config.Ratios[1], Tones(config, rate, waves));
        for (var m = 0; m < tones; m++)
        {
            // Phases that grow with the square of the frequency spread the peaks of the sum (Schroeder 1970).
            var phase = Math.PI * m * m / tones;
            for (var n = 0; n < length; n++)
            {
                var angle = (2 * Math.PI * Hertz(m, rate, config) * (n - config.HopLength) / rate) + phase;
                kernel.Set(m, n % block, n / block, Math.Cos(angle) * VocoderBand.Hann(n, length));
            }
        }

        for (var side = 0; side < waves * Signs; side++)
        {
            var basis = VocoderWaves.Basis(side / Signs, config.HopLength);
            for (var n = 0; n < length; n++)
            {
                kernel.Set(tones + side, n % block, n / block, Sign(side) * basis[n] * Math.Exp(-Constant(WaveGains)) / FullScale / WaveScale);
            }
        }

        for (var i = 0; i < block; i++)
        {
            kernel.SetBias(i, Offset);
        }

        kernel.ZeroRest(.., ..block);
        kernel.Finish(1);
    }

    private static double Hertz(int tone, int rate, SEANetConfig config) => (tone + 1) * (double)rate / config.HopLength;
}

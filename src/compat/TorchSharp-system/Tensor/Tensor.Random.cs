using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Random numbers, from the default generator or a given one.</content>
    public partial class Tensor
    {
        public Tensor bernoulli(Generator? generator = null) => Aten.Bernoulli.Call(this, generator);
        public Tensor bernoulli_(Tensor p, Generator? generator = null) => Aten.Bernoulli_Tensor.Mutate(this, p, generator);
        public Tensor bernoulli_(double p = 0.5d, Generator? generator = null) => Aten.Bernoulli_Float.Mutate(this, p, generator);

        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Aten.Multinomial.Call(this, num_samples, replacement, generator);

        public Tensor uniform_(double from, double to, Generator? generator = null) => Aten.Uniform_.Mutate(this, from, to, generator);
        public Tensor normal_(double mean = 0d, double std = 1d, Generator? generator = null) => Aten.Normal_.Mutate(this, mean, std, generator);
        public Tensor exponential_(double lambda = 1d, Generator? generator = null) => Aten.Exponential_.Mutate(this, lambda, generator);
        public Tensor cauchy_(double median = 0d, double sigma = 1d, Generator? generator = null) => Aten.Cauchy_.Mutate(this, median, sigma, generator);
        public Tensor log_normal_(double mean = 0d, double std = 1d, Generator? generator = null) => Aten.LogNormal_.Mutate(this, mean, std, generator);
        public Tensor geometric_(double p, Generator? generator = null) => Aten.Geometric_.Mutate(this, p, generator);
        public Tensor poisson(Generator? generator = null) => Aten.Poisson.Call(this, generator);

        /// <summary>Whole numbers from <paramref name="from"/> up to but not including <paramref name="to"/>.</summary>
        public Tensor random_(double from, double to, Generator? generator = null) => Aten.Random_From.Mutate(this, (long)from, (long)to, generator);
    }
}

using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers for operators on the CPU. One thread at a time.</summary>
    public class Generator : IDisposable
    {
        private nint handle;

        /// <param name="seed">Equal seeds give equal numbers.</param>
        /// <param name="device">The CPU, which is also the default.</param>
        /// <exception cref="ArgumentException">Another device.</exception>
        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is not null && device.type != DeviceType.CPU)
            {
                throw new ArgumentException($"Generators are made for the CPU, not for {device}: draw there and move the result.", nameof(device));
            }

            handle = Native.NewGenerator(seed);
        }

        private Generator(nint handle) => this.handle = handle;

        ~Generator() => Dispose(false);

        /// <summary>The generator of operators that are not given one. Each access returns an object of its own over the same state.</summary>
        public static Generator Default => new(Native.DefaultGenerator());

        public nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));

        public Device device => CPU;

        public Generator manual_seed(long seed)
        {
            Native.GeneratorSetSeed(Handle, (ulong)seed);
            return this;
        }

        /// <summary>Seeds it with a number that nobody can foresee, and returns that.</summary>
        public long seed() => (long)Native.GeneratorNewSeed(Handle);

        public long initial_seed() => (long)Native.GeneratorSeed(Handle);

        /// <summary>Everything the next numbers depend on, as bytes.</summary>
        public Tensor get_state()
        {
            Native.Check(Native.GeneratorGetState(Handle, out var state));
            return new Tensor(state);
        }

        public void set_state(Tensor value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Native.Check(Native.GeneratorSetState(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (handle != 0)
            {
                Native.FreeGenerator(handle);
                handle = 0;
            }
        }
    }

    /// <summary>Seeds the default generator of every device.</summary>
    public static Generator manual_seed(long seed)
    {
        Native.Check(Native.ManualSeed((ulong)seed));
        return Generator.Default;
    }

    public static long seed()
    {
        using var generator = Generator.Default;
        return generator.seed();
    }

    public static long initial_seed()
    {
        using var generator = Generator.Default;
        return generator.initial_seed();
    }

    public static Tensor get_rng_state()
    {
        using var generator = Generator.Default;
        return generator.get_state();
    }

    public static void set_rng_state(Tensor new_state)
    {
        using var generator = Generator.Default;
        generator.set_state(new_state);
    }

    /// <summary>The default generator under its Python name.</summary>
    public static class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);

        public static long seed() => torch.seed();

        public static long initial_seed() => torch.initial_seed();

        public static Tensor get_rng_state() => torch.get_rng_state();

        public static void set_rng_state(Tensor new_state) => torch.set_rng_state(new_state);
    }
}

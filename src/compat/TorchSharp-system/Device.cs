using System.Globalization;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A kind of device and which one of it; index −1 is the current one.</summary>
    public class Device
    {
        public Device(DeviceType deviceType, int index = -1)
        {
            if (index < -1)
            {
                throw new ArgumentOutOfRangeException(nameof(index), index, "A device index is -1 (the current one) or more.");
            }

            type = deviceType;
            this.index = index;
        }

        /// <param name="description">As in <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</param>
        public Device(string description)
        {
            ArgumentNullException.ThrowIfNull(description);
            var parts = description.Split(':');
            type = TypeOf(parts[0], description);
            index = -1;
            if (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                index = number;
            }
            else if (parts.Length != 1)
            {
                throw new ArgumentException($"'{description}' is not a device such as cpu, cuda or cuda:1.", nameof(description));
            }
        }

        public Device(string deviceType, int index = -1) : this(TypeOf(deviceType, deviceType), index)
        {
        }

        public Device(int index) : this(DeviceType.CUDA, index)
        {
        }

        public DeviceType type { get; }

        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return index < 0 ? name : $"{name}:{index}";
        }

        private static DeviceType TypeOf(string name, string description) => name.ToUpperInvariant() switch
        {
            "CPU" => DeviceType.CPU,
            "CUDA" => DeviceType.CUDA,
            "MPS" => DeviceType.MPS,
            "META" => DeviceType.META,
            "HIP" => DeviceType.HIP,
            _ => throw new ArgumentException($"'{description}' is not a device such as cpu, cuda or cuda:1.", nameof(description)),
        };
    }

    public static readonly Device CPU = new(DeviceType.CPU);

    public static readonly Device META = new(DeviceType.META);

    private static Device defaultDevice = CPU;

    public static Device CUDA => new(DeviceType.CUDA);

    public static Device MPS => new(DeviceType.MPS);

    public static Device device(string description) => new(description);

    public static Device device(string deviceType, int index = -1) => new(deviceType, index);

    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    public static Device device(int index) => new(index);

    public static Device get_default_device() => defaultDevice;

    public static void set_default_device(Device device) => defaultDevice = InitializeDevice(device);

    public static void set_default_device(string device) => set_default_device(new Device(device));

    /// <summary>The device asked for, or the default one, after checking that this libtorch can use it.</summary>
    public static Device InitializeDevice(Device? device)
    {
        device ??= defaultDevice;
        InitializeDeviceType(device.type);
        return device;
    }

    /// <exception cref="InvalidOperationException">This libtorch cannot use such a device.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException($"Torch device type {deviceType} is not available on this machine.");
        }
    }

    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType != DeviceType.CUDA || cuda.is_available();

    public static bool cuda_is_available() => cuda.is_available();

    public static bool mps_is_available() => false;

    /// <summary>CUDA devices, where libtorch was built with CUDA and a driver is there.</summary>
    public static class cuda
    {
        public static bool is_available() => device_count() > 0;

        public static int device_count() => Native.CudaDeviceCount();

        public static bool is_cudnn_available() => Native.CudnnIsAvailable() != 0;

        public static void manual_seed(long seed) => Native.Check(Native.CudaManualSeed((ulong)seed, 0));

        public static void manual_seed_all(long seed) => Native.Check(Native.CudaManualSeed((ulong)seed, 1));

        /// <summary>Waits until the device has done all that was asked of it.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.CudaSynchronize(device?.index ?? -1));
    }
}

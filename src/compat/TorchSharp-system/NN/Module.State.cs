using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <content>The values by name, and their move to another device or element type.</content>
        public partial class Module
        {
            /// <summary>Every parameter and persistent buffer by its full name. The tensors are the module's own.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                var start = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                foreach (var (parameterName, parameter) in named_parameters(false))
                {
                    destination.TryAdd(start + parameterName, parameter);
                }

                foreach (var (bufferName, buffer) in named_buffers(false, false))
                {
                    destination.TryAdd(start + bufferName, buffer);
                }

                foreach (var (childName, child) in named_children())
                {
                    child.state_dict(destination, start + childName);
                }

                return destination;
            }

            /// <summary>Copies values in by name. As in TorchSharp, what broadcasts is accepted.</summary>
            /// <exception cref="InvalidOperationException">Names are missing or unexpected and <paramref name="strict"/> is set.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                ArgumentNullException.ThrowIfNull(source);
                var destination = state_dict();
                var skipped = new HashSet<string>(skip ?? []);
                var missing = destination.Keys.Where(key => !skipped.Contains(key) && !source.ContainsKey(key)).ToList();
                var unexpected = source.Keys.Where(key => !skipped.Contains(key) && !destination.ContainsKey(key)).ToList();
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException(
                        $"The names do not fit the module. Missing: {string.Join(", ", missing)}. Unexpected: {string.Join(", ", unexpected)}.");
                }

                using var guard = no_grad();
                foreach (var (key, value) in source)
                {
                    if (!skipped.Contains(key) && destination.TryGetValue(key, out var target))
                    {
                        target.copy_(value);
                    }
                }

                return (missing, unexpected);
            }

            public Module _to(Tensor other, bool non_blocking)
            {
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                CheckConvertible(dtype);
                _toEpilog(device, dtype, non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                _toEpilog(deviceType, deviceIndex, non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                CheckConvertible(dtype);
                _toEpilog(dtype, non_blocking);
                return this;
            }

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);

            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) => _toEpilog(dtype, device, non_blocking);

            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);

            /// <summary>Moves the modules inside, then this one's own tensors. A tensor that changes becomes a new object, in the list and in its field.</summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                if (device is not null)
                {
                    InitializeDeviceType(device.type);
                }

                foreach (var child in children())
                {
                    if (device is null)
                    {
                        child._to(dtype!.Value, non_blocking);
                    }
                    else if (dtype is null)
                    {
                        child._to(device.type, device.index, non_blocking);
                    }
                    else
                    {
                        child._to(device, dtype.Value, non_blocking);
                    }
                }

                var fields = ComponentFields().ToLookup(item => item.Name, item => item.Field);
                foreach (var (parameterName, parameter) in named_parameters(false).ToList())
                {
                    if (ReplaceParameter(dtype, device, parameter, out var replacement))
                    {
                        _internal_params[parameterName] = replacement!;
                        fields[parameterName].FirstOrDefault()?.SetValue(this, replacement);
                        parameter.Dispose();
                    }
                }

                foreach (var (bufferName, buffer) in named_buffers(false).ToList())
                {
                    if (ReplaceBuffer(dtype, device, buffer, out var replacement))
                    {
                        _internal_buffers[bufferName] = (replacement!, _internal_buffers[bufferName].Item2);
                        fields[bufferName].FirstOrDefault()?.SetValue(this, replacement);
                    }
                }

                if (device is not null)
                {
                    _deviceType = device.type;
                    _deviceIndex = device.index;
                }
            }

            /// <summary>A moved buffer in place of one that has to move, which is disposed. Whole numbers and truth values keep their type.</summary>
            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor? result)
            {
                ArgumentNullException.ThrowIfNull(buffer);
                var (type, place) = TargetOf(buffer, dtype, device);
                result = buffer.WouldCopy(type, place) ? buffer.to(type, place, disposeAfter: true).DetachFromDisposeScope() : null;
                return result is not null;
            }

            /// <summary>A moved parameter, with its gradient, in place of one that has to move.</summary>
            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter? p)
            {
                ArgumentNullException.ThrowIfNull(param);
                var (type, place) = TargetOf(param, dtype, device);
                p = null;
                if (!param.WouldCopy(type, place))
                {
                    return false;
                }

                using var guard = no_grad();
                using var gradient = param.grad;
                p = new Parameter(param.to(type, place), param.requires_grad);
                p.DetachFromDisposeScope();
                if (gradient is not null)
                {
                    using var moved = gradient.to(type, place);
                    p.grad = moved;
                }

                return true;
            }

            private static (ScalarType Type, Device Device) TargetOf(Tensor tensor, ScalarType? dtype, Device? device)
            {
                var convertible = tensor.is_floating_point() || tensor.is_complex();
                return (convertible ? dtype ?? tensor.dtype : tensor.dtype, device ?? tensor.device);
            }

            private static void CheckConvertible(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                {
                    throw new ArgumentException($"Modules are converted to floating point or complex types, not to {dtype}.", nameof(dtype));
                }
            }
        }
    }
}

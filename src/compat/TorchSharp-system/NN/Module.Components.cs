using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <content>Putting parameters, buffers and modules on the list, and finding them there.</content>
        public partial class Module
        {
            /// <summary>Registers every field that holds a module, a parameter or a tensor, under its name or that of its <see cref="ComponentNameAttribute"/>.</summary>
            protected virtual void RegisterComponents()
            {
                if (componentsRegistered)
                {
                    return;
                }

                foreach (var (fieldName, field) in ComponentFields())
                {
                    if (_internal_submodules.ContainsKey(fieldName) || _internal_params.ContainsKey(fieldName)
                        || _internal_buffers.ContainsKey(fieldName))
                    {
                        continue;
                    }

                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(fieldName, module);
                            break;
                        case Parameter parameter:
                            register_parameter(fieldName, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(fieldName, tensor);
                            break;
                    }
                }

                componentsRegistered = true;
            }

            public virtual void register_parameter(string name, Parameter param)
            {
                CheckPresent(param, name);
                if (!_internal_params.ContainsKey(name))
                {
                    _internal_params.Add(name, param);
                }
                else
                {
                    throw new InvalidOperationException($"A parameter '{name}' is already registered.");
                }
            }

            /// <param name="persistent">Whether it is part of the state_dict.</param>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                CheckPresent(tensor, name);
                if (!_internal_buffers.ContainsKey(name))
                {
                    _internal_buffers.Add(name, (tensor, persistent));
                }
                else
                {
                    throw new InvalidOperationException($"A buffer '{name}' is already registered.");
                }
            }

            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null)
                {
                    _internal_submodules.Remove(name);
                    return;
                }

                if (string.IsNullOrEmpty(name) || name.Contains('.', StringComparison.Ordinal))
                {
                    throw new ArgumentException($"A module's name is not empty and has no dot, unlike '{name}'.", nameof(name));
                }

                if (_internal_submodules.ContainsKey(name))
                {
                    throw new InvalidOperationException($"A module '{name}' is already registered.");
                }

                submodule.RegisterComponents();
                _internal_submodules.Add(name, submodule);
            }

            public void add_module(string name, Module module) => register_module(name, module);

            protected void ClearModules() => _internal_submodules.Clear();

            protected void ConditionallyRegisterParameter(string name, Parameter? value) => Replace(_internal_params, name, value);

            protected void ConditionallyRegisterParameter(string name, Tensor value) =>
                ConditionallyRegisterParameter(name, value is null ? null : value as Parameter ?? new Parameter(value));

            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true) =>
                Replace(_internal_buffers, name, value is null ? default((Tensor, bool)?) : (value, persistent));

            /// <summary>What the setters of layers do: the old parameter is disposed, the new one listed.</summary>
            private protected void SetParameter(ref Parameter? field, string name, Parameter? value)
            {
                if (!ReferenceEquals(field, value))
                {
                    field?.Dispose();
                    field = value;
                    value?.DetachFromDisposeScope();
                    ConditionallyRegisterParameter(name, value);
                }
            }

            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            public virtual IEnumerable<Module> children() => named_children().Select(child => child.module);

            /// <summary>Every module inside this one, this one excepted.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var child in _internal_submodules)
                {
                    yield return child;
                }

                foreach (var (childName, child) in _internal_submodules)
                {
                    foreach (var (innerName, inner) in child.named_modules())
                    {
                        yield return ($"{childName}.{innerName}", inner);
                    }
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(item => item.module);

            /// <summary>Every parameter once, under the first of its names.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<nint>();
                foreach (var (parameterName, parameter) in _internal_params)
                {
                    if (!parameter.IsInvalid && seen.Add(parameter.Handle))
                    {
                        yield return (parameterName, parameter);
                    }
                }

                foreach (var (childName, child) in recurse ? _internal_submodules : [])
                {
                    foreach (var (innerName, parameter) in child.named_parameters())
                    {
                        if (seen.Add(parameter.Handle))
                        {
                            yield return ($"{childName}.{innerName}", parameter);
                        }
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(item => item.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<nint>();
                foreach (var (bufferName, (buffer, persistent)) in _internal_buffers)
                {
                    // TorchSharp 0.106 lists persistent buffers alone, whatever it is asked.
                    if (persistent && !buffer.IsInvalid && seen.Add(buffer.Handle))
                    {
                        yield return (bufferName, buffer);
                    }
                }

                foreach (var (childName, child) in recurse ? _internal_submodules : [])
                {
                    foreach (var (innerName, buffer) in child.named_buffers(true, include_nonpersistent))
                    {
                        if (seen.Add(buffer.Handle))
                        {
                            yield return ($"{childName}.{innerName}", buffer);
                        }
                    }
                }
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(item => item.buffer);

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            public virtual Parameter? get_parameter(string target)
            {
                if (_internal_params.TryGetValue(target, out var parameter))
                {
                    return parameter;
                }

                return ChildOf(target, out var rest)?.get_parameter(rest);
            }

            public virtual Tensor? get_buffer(string target)
            {
                if (_internal_buffers.TryGetValue(target, out var buffer))
                {
                    return buffer.Item1;
                }

                return ChildOf(target, out var rest)?.get_buffer(rest);
            }

            private Module? ChildOf(string target, out string rest)
            {
                ArgumentNullException.ThrowIfNull(target);
                var dot = target.IndexOf('.', StringComparison.Ordinal);
                rest = dot < 0 ? "" : target[(dot + 1)..];
                return dot >= 0 && _internal_submodules.TryGetValue(target[..dot], out var child) ? child : null;
            }

            /// <summary>The fields of this class and its bases; a name that occurs again in a base is passed over.</summary>
            private IEnumerable<(string Name, FieldInfo Field)> ComponentFields()
            {
                var seen = new HashSet<string>();
                for (var type = GetType(); type is not null && type != typeof(object); type = type.BaseType)
                {
                    foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                    {
                        if (seen.Add(field.Name))
                        {
                            yield return (field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name, field);
                        }
                    }
                }
            }

            private static void Replace<T>(OrderedDict<string, T> items, string name, T? value) where T : class
            {
                if (value is null)
                {
                    items.Remove(name);
                }
                else
                {
                    items[name] = value;
                }
            }

            private static void Replace(OrderedDict<string, (Tensor, bool)> items, string name, (Tensor, bool)? value)
            {
                if (value is { } item)
                {
                    items[name] = item;
                }
                else
                {
                    items.Remove(name);
                }
            }

            private static void CheckPresent(Tensor tensor, string name)
            {
                if (tensor is null || tensor.IsInvalid)
                {
                    throw new ArgumentNullException(nameof(tensor), $"'{name}' is null or has been disposed.");
                }
            }
        }
    }
}

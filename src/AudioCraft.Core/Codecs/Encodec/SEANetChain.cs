using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AudioCraft.Codecs;

/// <summary>Runs modules one after another.</summary>
internal static class SEANetChain
{
    /// <summary>
    /// The output of the last module. Every intermediate tensor is released as soon as the next one exists, or reused for it; the input is left as it was.
    /// </summary>
    public static Tensor Run(ModuleList<Module<Tensor, Tensor>> modules, Tensor input)
    {
        var current = input;
        for (var i = 0; i < modules.Count; i++)
        {
            if (i == 0)
            {
                current = modules[i].forward(input);
            }
            else if (modules[i] is Activation activation)
            {
                current = activation.Replace(current);
            }
            else
            {
                using var previous = current;
                current = modules[i].forward(previous);
            }
        }

        return current;
    }
}

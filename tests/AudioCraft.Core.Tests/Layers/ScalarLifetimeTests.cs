using System.Reflection;
using System.Reflection.Emit;
using TorchSharp;

namespace AudioCraft.Tests.Layers;

/// <summary>
/// TorchSharp does not keep a <see cref="Scalar"/> alive during a native call, so that a garbage collection on another thread can free it meanwhile. With two threads that only
/// collect garbage, <c>a + b</c> of two tensors fails within seconds. These tests read the instructions instead, which finds every place.
/// </summary>
[Collection(ProcessWideState.Name)]
public class ScalarLifetimeTests
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields().Select(field => field.GetValue(null)).OfType<OpCode>().ToDictionary(code => code.Value);

    [Fact]
    public void Every_scalar_is_kept_alive_during_the_call()
    {
        var creators = TorchSharpMethodsThatCreateScalars();
        Assert.Contains(creators, method => method.Name == "op_Addition");

        string[] found = [.. Methods(typeof(AudioGen).Assembly).SelectMany(method => TemporaryScalars(method, creators)).Order(StringComparer.Ordinal)];

        Assert.True(found.Length == 0, $"Use Scalars, or a using declaration of a Scalar, in\n{string.Join("\n", found)}");
    }

    [Fact]
    public void Models_compute_while_another_thread_collects_garbage()
    {
        torch.random.manual_seed(20261127);
        using var codec = new EncodecModel(new EncodecConfig
        {
            Encoder = new() { Filters = 2, Dimension = 6, Ratios = [4, 2], LstmLayers = 1 }, Quantizer = new() { NumCodebooks = 2, Cardinality = 16, KMeansInit = false },
        });
        using var language = new LMModel(new LMConfig { Dim = 16, NumHeads = 2, NumLayers = 2, NumCodebooks = 2, Cardinality = 16, CrossConditions = [] });
        codec.eval();
        language.eval();
        using var guard = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var audio = torch.randn(1, 1, 400);
        var expected = codec.Decode(codec.Encode(audio).Codes);
        var logits = language.forward(codec.Encode(audio).Codes, default(ConditionTensors));
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                using var step = torch.NewDisposeScope();
                var codes = codec.Encode(audio).Codes;
                Exactly.Equal(expected, codec.Decode(codes));
                Exactly.Equal(logits, language.forward(codes, default(ConditionTensors)));
            }
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }

    [Fact]
    public void Operators_and_temporary_scalars_are_found()
    {
        var creators = TorchSharpMethodsThatCreateScalars();
        string[] Of(string name) => [.. TemporaryScalars(typeof(Samples).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!, creators)];

        Assert.NotEmpty(Of(nameof(Samples.AddsTensors)));
        Assert.NotEmpty(Of(nameof(Samples.MultipliesByNumber)));
        Assert.NotEmpty(Of(nameof(Samples.Clamps)));
        Assert.Empty(Of(nameof(Samples.KeepsTheScalar)));
    }

    /// <summary>Calls in a method that create a scalar without keeping it in a variable or field.</summary>
    private static IEnumerable<string> TemporaryScalars(MethodBase method, HashSet<MethodBase> creators)
    {
        MethodBase? conversion = null;
        foreach (var (code, called) in Instructions(method))
        {
            if (conversion is not null && !IsStore(code))
            {
                yield return $"{method.DeclaringType}.{method.Name}: {conversion}";
            }

            conversion = called is not null && IsConversion(called) ? called : null;
            if (called is not null && creators.Contains(called))
            {
                yield return $"{method.DeclaringType}.{method.Name}: {called}";
            }
        }
    }

    private static bool IsStore(OpCode code) => code.Name!.StartsWith("st", StringComparison.Ordinal);

    private static bool IsConversion(MethodBase method) => method.IsStatic && method is MethodInfo { ReturnType: var type } && type == typeof(Scalar)
        && (method.DeclaringType == typeof(Scalar) || method.DeclaringType!.Name == "ScalarExtensionMethods");

    /// <summary>Methods of TorchSharp that convert a number to a scalar, directly or through another method, such as <c>a + b</c>.</summary>
    private static HashSet<MethodBase> TorchSharpMethodsThatCreateScalars()
    {
        var calls = Methods(typeof(torch).Assembly).Where(method => method.DeclaringType != typeof(Scalar) && !IsConversion(method))
            .ToDictionary(method => method, method => Instructions(method).Select(instruction => instruction.Called).OfType<MethodBase>().Distinct().ToList());
        HashSet<MethodBase> found = [.. calls.Where(pair => pair.Value.Exists(IsConversion)).Select(pair => pair.Key)];
        for (var before = 0; before != found.Count;)
        {
            before = found.Count;
            found.UnionWith(calls.Where(pair => pair.Value.Exists(found.Contains)).Select(pair => pair.Key));
        }

        return found;
    }

    private static IEnumerable<MethodBase> Methods(Assembly assembly)
    {
        const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return assembly.GetTypes().SelectMany(type => type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)));
    }

    /// <summary>The instructions of a method, with the method that each calls or null.</summary>
    private static IEnumerable<(OpCode Code, MethodBase? Called)> Instructions(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < il.Length;)
        {
            var code = OpCodesByValue[il[at] == 0xFE ? (short)((0xFE << 8) | il[at + 1]) : il[at]];
            at += code.Size;
            yield return (code, code.OperandType == OperandType.InlineMethod ? Resolve(method, BitConverter.ToInt32(il, at)) : null);
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token)
    {
        Type[]? types = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        return method.Module.ResolveMethod(token, types, method.IsGenericMethod ? method.GetGenericArguments() : null);
    }

    private static class Samples
    {
        internal static torch.Tensor AddsTensors(torch.Tensor a, torch.Tensor b) => a + b;

        internal static torch.Tensor MultipliesByNumber(torch.Tensor a) => a * 2.0;

        internal static torch.Tensor Clamps(torch.Tensor a) => a.clamp_min(0);

        internal static torch.Tensor KeepsTheScalar(torch.Tensor a, double number)
        {
            using Scalar factor = number;
            return a.mul(factor);
        }
    }
}

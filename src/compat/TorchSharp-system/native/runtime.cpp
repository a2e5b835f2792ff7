// The state of libtorch that is not a tensor's: the last error, threads, gradient modes, random generators, CUDA.
#include "shim.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Logging.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cstring>

namespace {

thread_local std::string last_error;

// A backtrace takes libtorch milliseconds to put together, and nobody would see it: the message goes on without.
const bool no_backtraces = [] {
    c10::SetStackTraceFetcher([] { return std::string(); });
    return true;
}();

}  // namespace

int shim::fail(const std::exception& error)
{
    auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    last_error = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
    return -1;
}

int shim::fail_unknown()
{
    last_error = "an exception that is not a std::exception";
    return -1;
}

// UTF-8; valid until the next failure on this thread.
SHIM_API const char* shim_last_error() { return last_error.c_str(); }

SHIM_API const char* shim_torch_version() { return TORCH_VERSION; }

SHIM_API void shim_set_num_threads(int32_t count) { at::set_num_threads(count); }
SHIM_API int32_t shim_get_num_threads() { return at::get_num_threads(); }
SHIM_API int32_t shim_get_num_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }

SHIM_API int shim_set_num_interop_threads(int32_t count)
{
    return shim::guarded([&] {
        at::set_num_interop_threads(count);
        return 0;
    });
}

SHIM_API int32_t shim_is_grad_enabled() { return c10::GradMode::is_enabled() ? 1 : 0; }
SHIM_API void shim_set_grad_enabled(int32_t on) { c10::GradMode::set_enabled(on != 0); }

// The guard belongs to the calling thread: it is left there, the innermost first.
SHIM_API void* shim_enter_inference_mode(int32_t on) { return new c10::InferenceMode(on != 0); }
SHIM_API void shim_leave_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
SHIM_API int32_t shim_is_inference_mode() { return c10::InferenceMode::is_enabled() ? 1 : 0; }

SHIM_API void* shim_new_generator(uint64_t seed) { return new at::Generator(at::detail::createCPUGenerator(seed)); }
SHIM_API void* shim_default_generator() { return new at::Generator(at::detail::getDefaultCPUGenerator()); }
SHIM_API void shim_free_generator(void* generator) { delete static_cast<at::Generator*>(generator); }

SHIM_API void shim_generator_set_seed(void* generator, uint64_t seed)
{
    auto& target = *static_cast<at::Generator*>(generator);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_current_seed(seed);
}

SHIM_API uint64_t shim_generator_new_seed(void* generator)
{
    auto& target = *static_cast<at::Generator*>(generator);
    std::lock_guard<std::mutex> lock(target.mutex());
    return target.seed();
}

SHIM_API uint64_t shim_generator_seed(void* generator) { return static_cast<at::Generator*>(generator)->current_seed(); }

SHIM_API int shim_generator_get_state(void* generator, void** state)
{
    return shim::guarded([&] {
        *state = shim::release(static_cast<at::Generator*>(generator)->get_state());
        return 0;
    });
}

SHIM_API int shim_generator_set_state(void* generator, void* state)
{
    return shim::guarded([&] {
        static_cast<at::Generator*>(generator)->set_state(shim::borrow(state));
        return 0;
    });
}

// The default generators of every device.
SHIM_API int shim_manual_seed(uint64_t seed)
{
    return shim::guarded([&] {
        at::manual_seed(seed);
        return 0;
    });
}

SHIM_API int32_t shim_cuda_device_count() { return static_cast<int32_t>(torch::cuda::device_count()); }
SHIM_API int32_t shim_cudnn_is_available() { return torch::cuda::cudnn_is_available() ? 1 : 0; }

SHIM_API int shim_cuda_synchronize(int32_t index)
{
    return shim::guarded([&] {
        torch::cuda::synchronize(index);
        return 0;
    });
}

SHIM_API int shim_cuda_manual_seed(uint64_t seed, int32_t all)
{
    return shim::guarded([&] {
        if (all != 0) {
            torch::cuda::manual_seed_all(seed);
        } else {
            torch::cuda::manual_seed(seed);
        }
        return 0;
    });
}

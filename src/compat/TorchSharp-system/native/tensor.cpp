// What a tensor is (shape, type, place, memory) and its part in autograd: none of these are operators.
#include "shim.h"

#include <torch/csrc/autograd/autograd.h>

#include <vector>

using at::Tensor;

namespace {

at::TensorImpl* impl(void* handle) { return static_cast<at::TensorImpl*>(handle); }

std::vector<Tensor> borrow_all(void** handles, int32_t count)
{
    std::vector<Tensor> tensors;
    tensors.reserve(count);
    for (int32_t i = 0; i < count; i++) {
        tensors.push_back(shim::borrow(handles[i]));
    }
    return tensors;
}

}  // namespace

SHIM_API void shim_tensor_free(void* handle)
{
    if (handle != nullptr) {
        c10::raw::intrusive_ptr::decref(impl(handle));
    }
}

SHIM_API int64_t shim_dim(void* handle) { return impl(handle)->dim(); }
SHIM_API int64_t shim_numel(void* handle) { return impl(handle)->numel(); }
SHIM_API int64_t shim_size(void* handle, int64_t dim) { return impl(handle)->sizes()[dim]; }
SHIM_API int64_t shim_stride(void* handle, int64_t dim) { return impl(handle)->strides()[dim]; }
SHIM_API int64_t shim_storage_offset(void* handle) { return impl(handle)->storage_offset(); }
SHIM_API int64_t shim_element_size(void* handle) { return static_cast<int64_t>(impl(handle)->itemsize()); }
SHIM_API int32_t shim_is_contiguous(void* handle) { return impl(handle)->is_contiguous() ? 1 : 0; }
SHIM_API int32_t shim_is_sparse(void* handle) { return impl(handle)->is_sparse() ? 1 : 0; }
SHIM_API int32_t shim_dtype(void* handle) { return static_cast<int32_t>(c10::typeMetaToScalarType(impl(handle)->dtype())); }
SHIM_API int32_t shim_device_type(void* handle) { return static_cast<int32_t>(impl(handle)->device().type()); }
SHIM_API int32_t shim_device_index(void* handle) { return impl(handle)->device().index(); }
SHIM_API int32_t shim_requires_grad(void* handle) { return impl(handle)->requires_grad() ? 1 : 0; }

SHIM_API void shim_sizes(void* handle, int64_t* sizes)
{
    const auto source = impl(handle)->sizes();
    std::copy(source.begin(), source.end(), sizes);
}

SHIM_API void shim_strides(void* handle, int64_t* strides)
{
    const auto source = impl(handle)->strides();
    std::copy(source.begin(), source.end(), strides);
}

// The first element's address.
SHIM_API int shim_data(void* handle, void** data)
{
    return shim::guarded([&] {
        *data = shim::borrow(handle).data_ptr();
        return 0;
    });
}

// A tensor over memory of the caller; `free` is called with `context` when the last tensor on it is gone.
SHIM_API int shim_from_memory(
    void* data, const int64_t* sizes, int32_t dims, int32_t dtype, void* context, void (*free)(void*), void** result)
{
    return shim::guarded([&] {
        *result = shim::release(at::from_blob(
            data,
            at::IntArrayRef(sizes, dims),
            [context, free](void*) { free(context); },
            at::TensorOptions(static_cast<at::ScalarType>(dtype))));
        return 0;
    });
}

SHIM_API int shim_set_requires_grad(void* handle, int32_t on)
{
    return shim::guarded([&] {
        shim::borrow(handle).set_requires_grad(on != 0);
        return 0;
    });
}

// The accumulated gradient, or null.
SHIM_API int shim_grad(void* handle, void** gradient)
{
    return shim::guarded([&] {
        Tensor copy = shim::borrow(handle).grad();
        *gradient = shim::release(std::move(copy));
        return 0;
    });
}

SHIM_API int shim_set_grad(void* handle, void* gradient)
{
    return shim::guarded([&] {
        shim::borrow(handle).mutable_grad() = shim::borrow(gradient);
        return 0;
    });
}

// Accumulates into the leaves, or into `inputs` alone where there are any.
SHIM_API int shim_backward(
    void** outputs, int32_t output_count, void** gradients, int32_t gradient_count, int32_t retain_graph, int32_t create_graph, void** inputs,
    int32_t input_count)
{
    return shim::guarded([&] {
        torch::autograd::backward(
            borrow_all(outputs, output_count),
            borrow_all(gradients, gradient_count),
            retain_graph != 0,
            create_graph != 0,
            borrow_all(inputs, input_count));
        return 0;
    });
}

// Gradients of `outputs` with respect to `inputs`, one each; null for an input that took no part.
SHIM_API int shim_gradients(
    void** outputs, int32_t output_count, void** inputs, int32_t input_count, void** gradients, int32_t gradient_count, int32_t retain_graph,
    int32_t create_graph, int32_t allow_unused, void** results)
{
    return shim::guarded([&] {
        auto found = torch::autograd::grad(
            borrow_all(outputs, output_count),
            borrow_all(inputs, input_count),
            borrow_all(gradients, gradient_count),
            retain_graph != 0,
            create_graph != 0,
            allow_unused != 0);
        for (size_t i = 0; i < found.size(); i++) {
            results[i] = shim::release(std::move(found[i]));
        }
        return 0;
    });
}

#pragma once

/// The kernels of all instruction sets, compiled once for all programs of the project: they are what takes a compiler
/// longest. Include it wherever a kernel object, a network type or a program is made.

#include "dlpu/ops/add.hpp"
#include "dlpu/ops/conv2d.hpp"
#include "dlpu/ops/depthwise_conv2d.hpp"

/// Instances of one storage and rounding, or, as DLPU_KERNELS(extern, ...), that they are elsewhere.
#define DLPU_CONVOLUTION(EXTERN, RUNG, ...)                         \
  EXTERN template RungKernel<__VA_ARGS__> pack_for_best_rung<RUNG>( \
      const WindowGeometry&, const ConvolutionArguments<__VA_ARGS__>&, std::byte*);
#define DLPU_KERNELS(EXTERN, STORAGE, R)                    \
  DLPU_CONVOLUTION(EXTERN, Conv2dRung, STORAGE, R)          \
  DLPU_CONVOLUTION(EXTERN, DepthwiseConv2dRung, STORAGE, R) \
  EXTERN template AddRun<STORAGE, R> prepare_best_add(const AddQuantization&, AddWork<STORAGE, R>&);

#define DLPU_REFERENCE_KERNELS(EXTERN)                                 \
  DLPU_KERNELS(EXTERN, std::int8_t, rounding::Reference)               \
  DLPU_KERNELS(EXTERN, std::uint8_t, rounding::Reference)              \
  DLPU_KERNELS(EXTERN, std::int16_t, rounding::Reference)              \
  DLPU_CONVOLUTION(EXTERN, Conv2dRung, std::int8_t, rounding::Double)  \
  DLPU_CONVOLUTION(EXTERN, Conv2dRung, std::uint8_t, rounding::Double) \
  DLPU_CONVOLUTION(EXTERN, Conv2dRung, std::int16_t, rounding::Double) \
  DLPU_CONVOLUTION(EXTERN, Conv2dRung, float, void)                    \
  DLPU_CONVOLUTION(EXTERN, DepthwiseConv2dRung, float, void)
#define DLPU_OTHER_KERNELS(EXTERN)                     \
  DLPU_KERNELS(EXTERN, std::int8_t, rounding::Float)   \
  DLPU_KERNELS(EXTERN, std::uint8_t, rounding::Float)  \
  DLPU_KERNELS(EXTERN, std::int8_t, rounding::Single)  \
  DLPU_KERNELS(EXTERN, std::uint8_t, rounding::Single) \
  DLPU_KERNELS(EXTERN, std::int8_t, rounding::Shift)   \
  DLPU_KERNELS(EXTERN, std::uint8_t, rounding::Shift)  \
  DLPU_KERNELS(EXTERN, std::int16_t, rounding::Shift)

#if defined(DLPU_HAS_INSTANCES)  // where the library of instances is linked
namespace dlpu::inline DLPU_ABI::kernels {
DLPU_REFERENCE_KERNELS(extern)
DLPU_OTHER_KERNELS(extern)
}  // namespace dlpu::inline DLPU_ABI::kernels
#endif

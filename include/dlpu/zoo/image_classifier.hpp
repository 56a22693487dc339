#pragma once

#include "dlpu/zoo/backbones/backbone.hpp"
#include "dlpu/zoo/heads/classifier.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// A backbone with a classifier. What the options leave out is as in `from`.
template <auto Backbone>
constexpr Value image_classifier(Builder& g, const Options& options, const Published& from) {
  const Options o = resolved(g, options, from);
  const Value x = image(g, o);
  const FeatureMaps maps = Backbone(g, x, backbone_options(o));
  return heads::classifier(g, maps.last(), o);
}

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI

# The one library that some headers include: Eigen (io/eigen.hpp and estimate/). It is header-only, and who includes
# neither does without. Included from the build and from the installed package, so that both look in the same way.

macro(dlpu_find_dependencies)
  add_library(dlpu_dependencies INTERFACE IMPORTED)
  find_package(Eigen3 3.4 QUIET CONFIG)
  if(TARGET Eigen3::Eigen)
    set_property(TARGET dlpu_dependencies APPEND PROPERTY INTERFACE_LINK_LIBRARIES Eigen3::Eigen)
  endif()
endmacro()

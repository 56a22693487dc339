// Every rung gives the same numbers in both translation units. `main wide` calls the wide unit too, which only a CPU
// with its instructions can run.

#include <cstdint>
#include <cstdio>
#include <vector>

std::vector<std::uint32_t> baseline_checksums();
std::vector<std::uint32_t> wide_checksums();

int main(int argc, char**) {
  std::vector<std::uint32_t> sums = baseline_checksums();
  if (argc > 1) {
    for (const std::uint32_t sum : wide_checksums()) sums.push_back(sum);
  }
  for (const std::uint32_t sum : sums) {
    std::printf("%08x\n", sum);
    if (sum != sums[0]) return 1;
  }
  return 0;
}

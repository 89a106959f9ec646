#include "infer/kernels/kernels.h"

#include <array>
#include <string>

#include "infer/kernels/cpu/tables.h"
#include "infer/kernels/reference/reference.h"

namespace ferry::kernels {

namespace {

constexpr std::array<const KernelTable*, 6> kTables = {&cpu::kAmxTable,    &cpu::kAvx512Bf16Table,
                                                       &cpu::kAvx512Table, &cpu::kAvx2Table,
                                                       &cpu::kSse2Table,   &reference::kTable};

std::string list_of_tables() {
  std::string text;
  for (const KernelTable* table : kTables) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", table->name,
                        table->supported() ? "" : " (not on this machine)");
  }
  return text;
}

}  // namespace

std::span<const KernelTable* const> all_tables() {
  return kTables;
}

Result<const KernelTable*> choose_table(std::string_view name) {
  for (const KernelTable* table : kTables) {
    const bool wanted = name == "auto" || name == table->name;
    if (wanted && table->supported()) return table;
  }
  return fail(ErrorCode::invalid_argument, "no kernels \"{}\" here; there are: auto, {}", name,
              list_of_tables());
}

}  // namespace ferry::kernels

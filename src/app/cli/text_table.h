#pragma once
// Text in columns, and numbers as people read them.

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace ferry::cli {

// Rows of cells, printed with each column as wide as its widest cell and two spaces between. Widths are
// counted in code points.
class TextTable {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "512 B", "3.4 MB", "1.2 GB": powers of 1000, as disks and `ls --si` count.
std::string bytes_text(uint64_t bytes);
// "950", "3.2M", "1.24B".
std::string count_text(int64_t count);

}  // namespace ferry::cli

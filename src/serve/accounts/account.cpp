#include "serve/accounts/account.h"

namespace ferry {

std::string_view to_string(AccountLevel level) {
  switch (level) {
    case AccountLevel::key:
      return "key";
    case AccountLevel::team:
      return "team";
    case AccountLevel::organisation:
      return "organisation";
  }
  return "?";
}

std::string account_title(AccountLevel level, std::string_view name) {
  if (level == AccountLevel::organisation) return "the organisation";
  return fmt::format("the {} \"{}\"", to_string(level), name);
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::user:
      return "user";
    case Role::admin:
      return "admin";
    case Role::auditor:
      return "auditor";
  }
  return "?";
}

Result<Role> parse_role(std::string_view name) {
  for (const Role role : {Role::user, Role::admin, Role::auditor}) {
    if (name == to_string(role)) return role;
  }
  return fail(ErrorCode::invalid_argument, "must be user, admin or auditor");
}

}  // namespace ferry

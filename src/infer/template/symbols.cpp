#include "infer/template/symbols.h"

namespace ferry::jinja {

const Symbols::Variable* Symbols::find(std::string_view name) const {
  for (const Symbols* scope = this; scope != nullptr; scope = scope->parent_) {
    const auto found = scope->variables_.find(name);
    if (found != scope->variables_.end()) return &found->second;
  }
  return nullptr;
}

Symbols::Variable Symbols::define(std::string_view name) {
  const auto slot = static_cast<uint32_t>(function_->slots.size());
  const auto [entry, fresh] = function_->slots.try_emplace({level_, name}, slot);
  const Variable variable{function_, entry->second};
  variables_[name] = variable;
  return variable;
}

void Symbols::set_load(uint32_t slot, Load load) {
  const auto [known, fresh] = load_of_slot_.try_emplace(slot, loads_.size());
  if (fresh) {
    loads_.emplace_back(slot, load);
  } else {
    loads_[known->second].second = load;
  }
}

void Symbols::load(std::string_view name) {
  if (find(name) != nullptr) return;
  set_load(define(name).slot, {ScopeLoad::From::context, {}, name});
}

void Symbols::store(std::string_view name) {
  stores_.insert(name);
  if (variables_.contains(name)) return;
  const Variable* outer = parent_ == nullptr ? nullptr : parent_->find(name);
  const Load load =
      outer != nullptr ? Load{ScopeLoad::From::variable, *outer, {}} : Load{ScopeLoad::From::nothing, {}, {}};
  set_load(define(name).slot, load);
}

Symbols::Variable Symbols::declare_parameter(std::string_view name) {
  stores_.insert(name);
  const Variable variable = define(name);
  set_load(variable.slot, {ScopeLoad::From::parameter, {}, {}});
  return variable;
}

void Symbols::merge_branches(const std::vector<Symbols>& branches) {
  std::set<std::string_view> fresh;
  for (const Symbols& branch : branches) fresh.insert(branch.stores_.begin(), branch.stores_.end());
  for (const std::string_view name : stores_) fresh.erase(name);
  for (const Symbols& branch : branches) {
    for (const auto& [name, variable] : branch.variables_) variables_[name] = variable;
    for (const auto& [slot, load] : branch.loads_) set_load(slot, load);
    stores_.insert(branch.stores_.begin(), branch.stores_.end());
  }
  // Stored in a branch that may not run: what the scope around has must be there before.
  for (const std::string_view name : fresh) {
    const Variable* outer = parent_ == nullptr ? nullptr : parent_->find(name);
    set_load(find(name)->slot, outer != nullptr ? Load{ScopeLoad::From::variable, *outer, {}}
                                                : Load{ScopeLoad::From::context, {}, name});
  }
}

Scope Symbols::finish(Arena& arena) const {
  std::vector<ScopeLoad> loads;
  for (const auto& [slot, load] : loads_) {
    ScopeLoad done{load.from, slot, {}, load.name};
    if (load.from == ScopeLoad::From::variable) done.variable = slot_of(load.outer);
    loads.push_back(done);
  }
  return {arena.copy(loads)};
}

}  // namespace ferry::jinja

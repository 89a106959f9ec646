#pragma once
// National numbers and their check digits. Each function gets the number alone, without separators, of the
// length that it says, in digits and capital letters, and answers whether such a number can have been given.
// Lengths are the caller's business; bytes that are not what they should be make the answer false or true,
// nothing worse. Each file names its rule's source.

#include <string_view>

namespace ferry {

bool is_us_ssn(std::string_view digits);             // 9 digits; no check digit, but ranges never given
bool is_us_itin(std::string_view digits);            // 9 digits; ranges
bool is_uk_nino(std::string_view number);            // 2 letters, 6 digits, 1 letter; prefixes never given
bool is_uk_nhs(std::string_view digits);             // 10 digits
bool is_de_steuer_id(std::string_view digits);       // 11 digits
bool is_fr_nir(std::string_view number);             // 15: digits, or 2A and 2B at the sixth place
bool is_es_dni(std::string_view number);             // 8 digits, 1 letter
bool is_es_nie(std::string_view number);             // X, Y or Z, 7 digits, 1 letter
bool is_it_codice_fiscale(std::string_view number);  // 16 letters and digits
bool is_nl_bsn(std::string_view digits);             // 9 digits
bool is_ch_ahv(std::string_view digits);             // 13 digits
bool is_pl_pesel(std::string_view digits);           // 11 digits
bool is_se_personnummer(std::string_view digits);    // 10 digits: the short form
bool is_be_national(std::string_view digits);        // 11 digits

// ISO/IEC 7812-1, annex B: the check digit of payment cards, personnummer and more.
bool has_luhn(std::string_view digits);

// `length` digits from `begin` as a number; at most 18.
long long number_at(std::string_view digits, size_t begin, size_t length);

// Whether the day can be one of that month (1 to 12), in some year.
bool is_day(long long month, long long day);

}  // namespace ferry

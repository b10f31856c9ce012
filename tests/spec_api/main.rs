//! SPEC section 3, the public API: a test for every clause, which the test quotes.
//!
//! | clause | tests |
//! | --- | --- |
//! | "Source-compatible at the crate root with the published crate `orthotope` 0.3.1, whose users should be able to switch by editing Cargo.toml alone" | all of `signatures` and `errors` |
//! | `allocate`, `deallocate`, `deallocate_with_size`, `global_stats` | `signatures::the_process_wide_functions_have_the_signatures_listed` `process_wide::what_allocate_returns_can_be_written_and_deallocated` `process_wide::allocate_says_what_was_requested_and_what_remains` `process_wide::global_stats_counts_what_the_functions_do` |
//! | "a live block's recorded size must match" | `process_wide::deallocate_with_size_wants_the_recorded_size` |
//! | `Allocator::new` and the methods; "Send + Sync" | `signatures::an_allocator_has_the_methods_listed` `signatures::an_allocator_is_send_and_sync` `config::an_allocator_tells_its_configuration` |
//! | `ThreadCache::{new, stats}` | `signatures::a_thread_cache_has_the_methods_listed` |
//! | `AllocatorConfig { … }`: "all usize, Copy, Default", and its methods | `signatures::a_configuration_has_the_fields_and_traits_listed` `signatures::what_a_configuration_derives_is_const` `config::class_block_size_is_the_block_size_at_the_alignment` |
//! | `SizeClass`: variants and methods | `signatures::the_size_classes_are_the_twelve_listed` `signatures::what_a_size_class_tells_is_const` `size_class::payload_size_is_the_largest_request_served` `size_class::index_is_the_position_in_all` `size_class::from_request_changes_class_right_after_each_payload` `size_class::from_request_is_the_first_class_that_holds_the_request` `size_class::from_request_knows_no_class_for_zero_or_above_16_mib` `size_class::max_small_request_is_16_mib` `size_class::block_size_is_payload_and_header` `size_class::block_size_for_alignment_is_rounded_up_to_it` |
//! | `AllocError` | `errors::alloc_error_has_the_variants_listed` `process_wide::allocate_refuses_zero_bytes` `arenas::without_any_arena_every_process_wide_function_says_so` |
//! | `FreeError` | `errors::free_error_has_the_variants_listed` |
//! | `InitError` | `errors::init_error_has_the_variants_listed` `signatures::the_failures_are_standard_errors` |
//! | `AllocatorStats`, `SizeClassStats`, `ThreadCacheStats` and their totals | `signatures::statistics_have_the_fields_listed` `stats::every_class_has_its_own_entry` `stats::bytes_are_blocks_times_block_size_and_totals_are_sums` `caches::a_cache_is_bound_by_its_first_use` |
//! | "`OrthotopeGlobalAlloc::new()` (const), Default, GlobalAlloc" | `signatures::the_default_preset_is_const_default_and_a_global_alloc` |
//! | "arena 1 GiB, alignment 64, refill target 32 KiB, local cache target 64 KiB" | `config::the_defaults_are_those_stated` |
//! | "`refill_count = max(1, refill_target / block)`" | `config::refill_count_follows_its_formula` |
//! | "`local_limit = max(2, local_target / block)`" | `config::local_limit_follows_its_formula` |
//! | "`drain_count = max(1, refill_count / 2)`" | `config::drain_count_follows_its_formula` |
//! | "Alignment must be a power of two and at least 64" and the words for less | `config::an_alignment_below_64_is_refused_in_these_words` `config::an_alignment_that_is_no_power_of_two_is_refused` `config::every_power_of_two_from_64_on_is_accepted` `config::every_pointer_is_a_multiple_of_the_alignment` |
//! | "`arena_size` is a budget, exact to the byte" | `budget::the_capacity_is_the_arena_size_to_the_byte` `filling::an_arena_holds_exactly_the_blocks_of_a_class_that_fit` `filling::an_arena_holds_exactly_the_large_blocks_that_fit` |
//! | "a slab is charged blocks × block size", "A slab is one refill's blocks" | `budget::the_first_slab_is_charged_one_refills_blocks` `budget::every_further_slab_is_charged_one_refills_blocks` |
//! | "a large block header plus request rounded up to the alignment" | `budget::a_large_block_is_charged_header_and_request_rounded_up` |
//! | "arenas of any size work, down to one block" | `budget::an_arena_of_one_block_serves_one_block` `budget::an_arena_short_of_one_block_serves_none` |
//! | "one of 256 bytes serves exactly two 64-byte requests and then says …" | `budget::an_arena_of_256_bytes_serves_exactly_two_64_byte_requests` |
//! | "a freed block is usable again after that" | `budget::a_freed_block_of_a_full_arena_is_usable_again` `budget::a_freed_block_of_a_full_arena_is_usable_again_through_the_cache_that_freed_it` `filling::a_drained_arena_serves_any_class_in_full` `filling::a_cache_that_asks_gives_up_what_it_keeps_of_other_classes` |
//! | "a refill that no longer fits takes the blocks that do" | `budget::a_refill_that_no_longer_fits_takes_the_blocks_that_do` |
//! | "a large request in an arena of exactly its rounded size fits" | `budget::a_large_request_fits_an_arena_of_exactly_its_rounded_size` |
//! | "`arena_remaining` is the capacity less the highest charge so far" | `high_water::a_free_does_not_raise_it` `high_water::reuse_does_not_lower_it` `high_water::only_a_new_height_lowers_it` |
//! | "Only statics degrade to a smaller reservation; `Allocator::new` returns `MapFailed`" | `arenas::only_a_static_degrades_to_a_smaller_reservation` `arenas::an_instance_with_an_impossible_arena_is_refused` |
//! | "The process-wide functions use `OrthotopeGlobalAlloc`'s arena, whatever static is installed" | `arenas::the_process_wide_functions_have_an_arena_whatever_static_is_installed` `arenas::the_process_wide_functions_and_the_type_share_one_arena`, and `spec_installed` |
//! | "regions added by growth add to `arena_capacity`" | `arenas::regions_added_by_growth_add_to_the_capacity` |
//! | "Our first version is 0.4.0" | `arenas::the_version_is_0_4_0_or_later` |
//! | "A bound `ThreadCache` keeps the arena's metadata alive (a reference count)" | `caches::a_bound_cache_outlives_its_allocator` `caches::any_holder_may_be_the_last` `caches::the_last_holder_unmaps_the_arena` |
//! | "allocators compare by an id that is never used twice" | `caches::an_allocator_equals_itself_alone` `caches::an_id_is_never_used_twice` |
//! | "dropping a cache that holds blocks publishes them" | `caches::dropping_a_cache_publishes_its_blocks` `caches::dropping_a_cache_publishes_the_remote_blocks_staged_in_it` |
//! | "No sequence of safe calls touches unmapped memory" | `safe_calls::random_sequences_of_safe_calls_do_not_crash` `safe_calls::a_forgotten_cache_keeps_its_arena` |
//! | Section 6, "The generated type", of the default preset | `generated::the_type_is_zero_sized` `generated::config_and_classes_are_the_default_presets` `generated::what_the_default_preset_keeps_and_gives_back` `generated::the_functions_have_the_signatures_of_the_process_wide_ones` `generated::the_functions_and_the_process_wide_ones_are_interchangeable` `generated::stats_has_an_entry_a_class` |
//!
//! Without a test of its own:
//!
//! | clause | why |
//! | --- | --- |
//! | "the mapping behind it may be larger" | a permission; that arenas of odd sizes work uses it |
//! | an allocator id, as a number | it is not public; comparison and binding are |

mod arenas;
mod budget;
mod caches;
mod config;
mod errors;
mod filling;
mod generated;
mod high_water;
mod process_wide;
mod safe_calls;
mod signatures;
mod size_class;
mod stats;

mod table {
    /// The table above names every test, and no other.
    #[test]
    fn every_test_is_in_the_table() {
        orthotope_tests::spec::table::assert_names_every_test(include_str!("main.rs"));
    }
}

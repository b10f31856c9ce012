//! SPEC section 4, the behaviour of the default preset, and what section 5 adds: a test for every clause, which the
//! test quotes.
//!
//! | clause | tests |
//! | --- | --- |
//! | "**Classes** (largest request served)" | `classes::each_class_serves_up_to_its_largest_request_and_not_a_byte_more` `classes::blocks_do_not_overlap` |
//! | "Above 16 MiB: the large path" | `classes::a_byte_above_16_mib_takes_the_large_path` |
//! | "this thread's reuse → central-pool refill → a slab" | `service::reuse_comes_before_the_central_pool` `service::the_central_pool_comes_before_a_new_slab` |
//! | "a slab carved from a contiguous span of the arena" | `service::a_slab_is_contiguous` |
//! | "which the thread's cache then owns" | `service::the_cache_owns_the_slab_it_carved` |
//! | "**Header**: 64 bytes before every block route the free" | `header::every_block_has_64_bytes_before_it_to_itself` `header::the_header_routes_the_free` |
//! | "The first four bytes hold a magic number" | `header::the_first_four_bytes_hold_a_magic_number` |
//! | "It records kind, class, requested and usable size and the owning cache" | `header::headers_of_different_kind_class_or_size_differ` `header::the_header_records_the_requested_size` `header::the_header_records_the_owning_cache` |
//! | "refreshed in place, not rewritten, when a small block is reused" | `header::reuse_refreshes_the_header_in_place` `header::a_refreshed_header_records_the_new_size` |
//! | "a block's owner is the cache that last handed it out" | `remote::the_owner_is_the_cache_that_last_handed_it_out` |
//! | "(blocks of an exited cache are remote to all)" | `remote::blocks_of_an_exited_cache_are_remote_to_all` `exit::blocks_outlive_the_thread_that_allocated_them` |
//! | "staged in that cache and goes to the central pool in batches of `drain_count`", "as soon as `drain_count` are staged", "remote blocks just published included" | `remote::remote_frees_reach_the_central_pool_in_batches_of_drain_count` `remote::sized_remote_frees_are_staged_too` `remote::a_published_remote_block_serves_its_former_owner` |
//! | "`drain_thread_cache` […] publish[es] what is left" | `remote::draining_publishes_what_is_left` `remote::draining_an_empty_cache_changes_nothing` |
//! | "thread exit publish[es] what is left" | `exit::blocks_cached_by_an_exited_thread_reach_others` `exit::remote_blocks_staged_in_an_exited_thread_reach_the_central_pool` `exit::a_thread_whose_first_call_is_a_free_publishes_too` `exit::a_hundred_threads_leave_nothing_behind` |
//! | "live large blocks are tracked" | `large_fit::live_large_blocks_are_tracked` |
//! | "freed ones go to a best-fit pool in the arena (smallest that fits first)" | `large_fit::a_freed_large_block_goes_to_the_pool_and_serves_the_next` `large_fit::the_smallest_that_fits_is_taken_first` `large_fit::the_smallest_that_fits_is_found_to_the_byte` |
//! | "keep their full capacity for later, larger requests" | `large_fit::a_reused_block_keeps_its_full_capacity` `large_pool::a_rejoined_block_counts_for_all_of_its_former_capacity` `realloc::a_large_block_grows_in_place_into_its_capacity` |
//! | "freed blocks stay separate in the pool and in its counts" | `large_pool::freed_neighbours_stay_separate` |
//! | "until a request does not fit" | `large_pool::freed_neighbours_join_when_a_request_does_not_fit` `large_pool::a_request_that_fits_elsewhere_leaves_them_separate` `large_pool::a_small_request_that_does_not_fit_joins_them_too` `large_pool::in_a_full_arena_an_exact_fit_joins_nothing` `large_pool::a_request_that_no_joining_serves_is_refused` |
//! | "a split-off tail rejoins when it is free again" | `large_pool::a_split_off_tail_rejoins` `large_pool::a_split_off_tail_that_was_handed_out_rejoins` |
//! | "A duplicate large free says `AlreadyFreedOrUnknownLarge`" | `large_fit::a_duplicate_large_free_says_already_freed_or_unknown_large` `large_fit::a_duplicate_large_free_is_told_after_coalescing` `large_pool::a_duplicate_free_of_a_rejoined_part_is_told` |
//! | "zero size → `ZeroSize`" | `errors::zero_size_is_refused` |
//! | "a bad magic or inconsistent header → `CorruptHeader`" | `corrupt::a_bad_magic_is_told_and_the_block_survives_it` `corrupt::an_inconsistent_header_is_told` `corrupt::an_inconsistent_header_is_told_by_a_sized_free` `corrupt::an_overwritten_header_is_told` `corrupt::an_overwritten_owner_does_no_harm` `corrupt::a_bad_magic_of_a_freed_block_is_told` |
//! | "a live large record survives it (the free succeeds once the header is restored)" | `corrupt::a_live_large_record_survives_a_corrupt_header` |
//! | "a misaligned pointer → `CorruptHeader` before its header is read" | `addresses::a_misaligned_pointer_is_told_before_its_header_is_read` `addresses::the_alignment_that_counts_is_the_configurations` |
//! | "a block of the arena that was never handed out → `CorruptHeader` or `ForeignPointer`" | `addresses::a_block_that_was_never_handed_out_is_told` |
//! | "another allocator's pointer → `ForeignPointer`" | `addresses::a_foreign_pointer_is_told` `addresses::a_foreign_pointer_is_told_by_a_fresh_allocator` `addresses::a_foreign_pointer_is_told_process_wide` `addresses::a_block_of_another_allocator_is_foreign` |
//! | "a wrong size → `SizeMismatch`, and the block stays live" | `errors::a_wrong_size_is_told_and_the_block_stays_live` |
//! | "a second free of a small block → `DoubleFree`" | `errors::a_second_free_of_a_small_block_is_told` `errors::the_process_wide_functions_tell_double_frees` |
//! | "(which wins over `SizeMismatch`)" | `errors::double_free_wins_over_size_mismatch` |
//! | "also when the block has since moved to the central pool" | `errors::double_free_is_told_after_the_block_has_moved_to_the_central_pool` `errors::double_free_is_told_after_the_slab_has_gone` |
//! | "Order of the checks: arena range, alignment, interior, header" | `addresses::the_checks_come_in_their_order` `addresses::an_interior_pointer_is_told` `addresses::the_place_of_a_header_is_interior` |
//! | "A pointer whose block has been handed out again frees the new holder's block" | `errors::a_stale_pointer_frees_the_new_holders_block` |
//! | "**Reuse** within a thread and class is last in, first out" | `service::reuse_is_last_in_first_out` |
//! | "the same thread gets the identical pointer back" | `service::the_identical_pointer_comes_back` `service::the_identical_pointer_comes_back_process_wide` |
//! | "After a free that leaves more than `local_limit` blocks […], `drain_count` of them go to the central pool" | `limits::a_free_beyond_the_limit_moves_drain_count_blocks` `limits::a_sized_free_beyond_the_limit_moves_drain_count_blocks` `limits::exactly_the_limit_stays` `limits::the_process_wide_cache_keeps_local_limit_blocks` |
//! | "(untouched blocks of its own slabs count)" | `limits::untouched_blocks_count` |
//! | "`small_central` counts what the central pool holds" | `stats::small_central_counts_what_the_central_pool_holds` |
//! | "an empty one may be rebound to another allocator" | `rebind::an_empty_cache_may_be_rebound` `rebind::a_cache_that_never_held_a_block_may_be_rebound` `rebind::a_cache_may_be_rebound_after_its_allocator_is_gone` |
//! | "a non-empty one used with another allocator panics (…) before it touches anything" | `rebind::a_cache_that_holds_blocks_panics_with_another_allocator` `rebind::a_cache_with_staged_blocks_alone_panics_too` |
//! | "`size == 0` or an alignment above the configuration's (64 here) goes to `std::alloc::System`" | `system::a_size_of_zero_goes_to_system` `system::an_alignment_above_64_goes_to_system` `system::an_alignment_of_64_or_less_is_the_arenas` |
//! | "which the layout alone identifies again at the free" | `system::a_free_with_such_a_layout_goes_to_system` |
//! | "re-entry […] still get[s] memory" | `reentry::a_reentry_gets_memory_and_gives_it_back` |
//! | "use while thread-local storage is being torn down still get[s] memory" | `teardown::a_destructor_registered_before_the_first_allocation_gets_memory` `teardown::a_destructor_registered_after_the_first_allocation_gets_memory` `teardown::a_destructor_that_is_the_first_to_allocate_gets_memory` `teardown::destructors_of_posix_keys_get_memory_in_every_round`, and `spec_installed` |
//! | "every free finds its way back" | `system::every_free_finds_its_way_back` `reentry::what_a_reentry_got_can_be_freed_after_it` `reentry::a_free_inside_of_another_class_comes_back` `reentry::a_free_inside_of_the_same_class_comes_back` `reentry::a_free_inside_of_a_large_block_comes_back` `reentry::a_free_inside_of_a_remote_block_comes_back` `reentry::a_typed_free_inside_comes_back` |
//! | "An invalid free through `GlobalAlloc` prints one line that says what was wrong and aborts" | `abort::a_double_free_aborts` `abort::a_large_double_free_aborts` `abort::a_foreign_free_aborts` `abort::a_free_of_a_wrong_size_aborts` `abort::a_free_of_another_class_aborts` `abort::a_free_with_a_corrupt_header_aborts` `abort::a_free_of_an_interior_pointer_aborts` `abort::a_realloc_of_a_free_block_aborts` `abort::a_double_free_by_another_thread_aborts` |
//! | "**Stats** are a best-effort snapshot" | `stats::a_snapshot_can_be_taken_while_others_work` `stats::a_process_wide_snapshot_can_be_taken_while_others_work` |
//! | "`arena_remaining` is address space not yet handed out, not memory in use" | `stats::arena_remaining_is_address_space_not_memory_in_use` |
//! | "A large block counts as header plus request, rounded up to the alignment" | `large_fit::a_large_block_counts_as_header_plus_request_rounded_up` |
//! | 5: "double frees are detected in release builds too" | all of `errors`, in a release build |
//! | 5: "a pointer forged inside the arena is refused" | `corrupt::a_copied_header_is_refused` `corrupt::a_header_forged_inside_a_payload_is_refused` `corrupt::a_header_of_another_allocator_is_refused` |
//! | 5: "metadata never goes through the global allocator" | `metadata::an_allocator_lives_without_the_global_allocator` |
//! | 5: "freed large spans split and coalesce" | all of `large_pool` |
//! | 5: "`realloc`" | `realloc::realloc_keeps_the_contents` `realloc::realloc_within_a_class_is_in_place` `realloc::a_refused_realloc_leaves_the_block` `realloc::realloc_step_by_step_keeps_everything` |
//! | 5: "`alloc_zeroed`" | `realloc::alloc_zeroed_is_zero_also_after_reuse` `realloc::alloc_zeroed_is_zero_in_memory_that_served_otherwise` |
//! | 5: "`usable_size`" | `usable::usable_size_is_what_may_be_written` `usable::usable_size_of_no_live_block_is_refused` |
//! | 5: "growth past the arena" | `spec_api`, `arenas` |
//! | 5: "a configuration that does not pay for a header" | `spec_installed` |
//! | "**Cold slabs**: […] its pages marked reclaimable", "or they are purged", 5: "memory returned to the system" | `tests/giving_back.rs`, and `tests/purge/` of `orthotope-runtime` |
//! | wrong frees of blocks in every state, and that the heap goes on | `tests/detection.rs` |
//! | 5: "`hardened`" | `tests/hardened.rs`, and `tests/hardened.rs` of `orthotope-runtime` |

mod abort;
mod addresses;
mod classes;
mod corrupt;
mod errors;
mod exit;
mod header;
mod large_fit;
mod large_pool;
mod limits;
mod metadata;
mod realloc;
mod rebind;
mod reentry;
mod remote;
mod service;
mod stats;
mod system;
mod teardown;
mod trap;
mod usable;

mod table {
    /// The table above names every test, and no other.
    #[test]
    fn every_test_is_in_the_table() {
        orthotope_tests::spec::table::assert_names_every_test(include_str!("main.rs"));
    }
}

/*-------------------------------------------------------------------------
 * compat.h
 *	  Every test on the major version of PostgreSQL that leadcrm needs.
 *
 * Other files have none: they use the names below, which mean the same on
 * each supported major.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_COMPAT_H
#define LEADCRM_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "leadcrm needs PostgreSQL 15 or newer"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Soft errors of input functions came with 16; on 15 they are hard ones. */
#if PG_VERSION_NUM < 160000
#define ereturn(context, dummy_value, ...) \
	do { \
		(void) (context); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)
#define SOFT_ERROR_OCCURRED(context) ((void) (context), false)
#define DirectInputFunctionCallSafe(func, str, typioparam, typmod, context, result) \
	((void) (context), \
	 *(result) = DirectFunctionCall3(func, CStringGetDatum(str), \
									 ObjectIdGetDatum(typioparam), Int32GetDatum(typmod)), \
	 true)
#else
#include "nodes/miscnodes.h"
#endif

/* 16 added summarizing indexes. */
#if PG_VERSION_NUM >= 160000
#define ExecInsertIndexTuples_compat(result, slot, estate, no_error, conflict, arbiters) \
	ExecInsertIndexTuples(result, slot, estate, false, no_error, conflict, arbiters, false)
#else
#define ExecInsertIndexTuples_compat(result, slot, estate, no_error, conflict, arbiters) \
	ExecInsertIndexTuples(result, slot, estate, false, no_error, conflict, arbiters)
#endif

/* 16 says which indexes an update leaves to be filled. */
#if PG_VERSION_NUM >= 160000
#define UpdateIndexes_compat TU_UpdateIndexes
#define ExecUpdateIndexTuples_compat(result, slot, estate, which) \
	ExecInsertIndexTuples(result, slot, estate, true, false, NULL, NIL, (which) == TU_Summarizing)
#else
#define UpdateIndexes_compat bool
#define ExecUpdateIndexTuples_compat(result, slot, estate, which) \
	ExecInsertIndexTuples(result, slot, estate, true, false, NULL, NIL)
#endif

/* 18 counts the work of an index scan. */
#if PG_VERSION_NUM >= 180000
#define index_beginscan_compat(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, NULL, nkeys, 0)
#else
#define index_beginscan_compat(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, nkeys, 0)
#endif

/* 16 renamed what says where a relation is stored. */
#if PG_VERSION_NUM >= 160000
#define ReadRecentBuffer_compat(rel, block, buffer) \
	ReadRecentBuffer((rel)->rd_locator, MAIN_FORKNUM, block, buffer)
#else
#define ReadRecentBuffer_compat(rel, block, buffer) \
	ReadRecentBuffer((rel)->rd_node, MAIN_FORKNUM, block, buffer)
#endif

/* 17 asks for the relation, not its OID. */
#if PG_VERSION_NUM >= 170000
#define getIdentitySequence_compat(rel, attnum) getIdentitySequence(rel, attnum, true)
#else
#define getIdentitySequence_compat(rel, attnum) \
	getIdentitySequence(RelationGetRelid(rel), attnum, true)
#endif

/* 18 has other checks, too. */
#if PG_VERSION_NUM >= 180000
#define ri_CheckExprs_compat ri_CheckConstraintExprs
#else
#define ri_CheckExprs_compat ri_ConstraintExprs
#endif

/* Intervals can be infinite from 17 on. */
#if PG_VERSION_NUM < 170000
#define INTERVAL_NOT_FINITE(span) ((void) (span), false)
#endif

/* 17 allows internal subtransactions in parallel plans. */
#if PG_VERSION_NUM >= 170000
#define InternalSubTransactionsRefused() false
#else
#define InternalSubTransactionsRefused() IsInParallelMode()
#endif

/* 17 moved the local transaction id. */
#if PG_VERSION_NUM >= 170000
#define MyLocalTransactionId (MyProc->vxid.lxid)
#else
#define MyLocalTransactionId (MyProc->lxid)
#endif

/* 18 says before the declaration that a function does not return. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 18 leaves room before a minimal tuple for what its user keeps with it. */
#if PG_VERSION_NUM >= 180000
#define heap_form_minimal_tuple_compat(tupdesc, values, nulls) \
	heap_form_minimal_tuple(tupdesc, values, nulls, 0)
#define heap_copy_minimal_tuple_compat(tuple) heap_copy_minimal_tuple(tuple, 0)
#else
#define heap_form_minimal_tuple_compat(tupdesc, values, nulls) \
	heap_form_minimal_tuple(tupdesc, values, nulls)
#define heap_copy_minimal_tuple_compat(tuple) heap_copy_minimal_tuple(tuple)
#endif

/* 18 asks whether the key may be deferrable; before, it may not. */
#if PG_VERSION_NUM >= 180000
#define RelationGetPrimaryKeyIndex_compat(rel) RelationGetPrimaryKeyIndex(rel, false)
#else
#define RelationGetPrimaryKeyIndex_compat(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* 18 speaks of comparisons, not of btree strategies; their numbers are the same. */
#if PG_VERSION_NUM >= 180000
#define OpInterpretationCompare(meaning) ((meaning)->cmptype)
#else
#define OpIndexInterpretation OpBtreeInterpretation
#define OpInterpretationCompare(meaning) ((meaning)->strategy)
#define get_op_index_interpretation(opno) get_op_btree_interpretation(opno)
#define get_opfamily_member_for_cmptype(family, left, right, compare) \
	get_opfamily_member(family, left, right, compare)
#define COMPARE_NE ROWCOMPARE_NE
#endif

/* 18 names the module's version in its magic block. */
#if PG_VERSION_NUM >= 180000
#define LEADCRM_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "leadcrm", .version = LEADCRM_VERSION)
#else
#define LEADCRM_MODULE_MAGIC PG_MODULE_MAGIC
#endif

#endif							/* LEADCRM_COMPAT_H */

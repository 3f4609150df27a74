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

/* 17 asks for the relation, not its OID. */
#if PG_VERSION_NUM >= 170000
#define getIdentitySequence_compat(rel, attnum) getIdentitySequence(rel, attnum, true)
#else
#define getIdentitySequence_compat(rel, attnum) \
	getIdentitySequence(RelationGetRelid(rel), attnum, true)
#endif

/* Intervals can be infinite from 17 on. */
#if PG_VERSION_NUM < 170000
#define INTERVAL_NOT_FINITE(span) ((void) (span), false)
#endif

/* 17 moved the local transaction id. */
#if PG_VERSION_NUM >= 170000
#define MyLocalTransactionId (MyProc->vxid.lxid)
#else
#define MyLocalTransactionId (MyProc->lxid)
#endif

/* 18 names the module's version in its magic block. */
#if PG_VERSION_NUM >= 180000
#define LEADCRM_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "leadcrm", .version = LEADCRM_VERSION)
#else
#define LEADCRM_MODULE_MAGIC PG_MODULE_MAGIC
#endif

#endif							/* LEADCRM_COMPAT_H */

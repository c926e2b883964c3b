/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What kernels lay out differently, behind one function each: native/sense/
 * calls these, and another driver writes its own.
 */
#ifndef LANNER_PROBE_KERN_H
#define LANNER_PROBE_KERN_H

#define NS_PER_S	1000000000ULL
#define I_CTIME_QUERIED 0x80000000U /* kept among the nanoseconds from 6.13 on */

SENSE_INLINE struct mount *kern_mount(const struct vfsmount *vfsmount)
{
	return (struct mount *)((char *)vfsmount - bpf_core_field_offset(((struct mount *)0)->mnt));
}

SENSE_INLINE bool kern_dentry_unhashed(const struct dentry *dentry)
{
	return SENSE_READ(dentry, d_hash.pprev) == NULL;
}

SENSE_INLINE __u64 kern_inode_ctime(const struct inode *inode)
{
	const struct inode___split *split = (const void *)inode;
	const struct inode___renamed *renamed = (const void *)inode;
	const struct inode___timespec *older = (const void *)inode;

	if (bpf_core_field_exists(split->i_ctime_sec))
		return SENSE_READ(split, i_ctime_sec) * NS_PER_S +
		       (SENSE_READ(split, i_ctime_nsec) & ~I_CTIME_QUERIED);
	if (bpf_core_field_exists(renamed->__i_ctime))
		return SENSE_READ(renamed, __i_ctime.tv_sec) * NS_PER_S +
		       SENSE_READ(renamed, __i_ctime.tv_nsec);
	return SENSE_READ(older, i_ctime.tv_sec) * NS_PER_S + SENSE_READ(older, i_ctime.tv_nsec);
}

SENSE_INLINE __u64 kern_inode_mtime(const struct inode *inode)
{
	const struct inode___split *split = (const void *)inode;
	const struct inode___renamed *renamed = (const void *)inode;
	const struct inode___timespec *older = (const void *)inode;

	if (bpf_core_field_exists(split->i_mtime_sec))
		return SENSE_READ(split, i_mtime_sec) * NS_PER_S + SENSE_READ(split, i_mtime_nsec);
	if (bpf_core_field_exists(renamed->__i_mtime))
		return SENSE_READ(renamed, __i_mtime.tv_sec) * NS_PER_S +
		       SENSE_READ(renamed, __i_mtime.tv_nsec);
	return SENSE_READ(older, i_mtime.tv_sec) * NS_PER_S + SENSE_READ(older, i_mtime.tv_nsec);
}

/* a user's or group's id that is a member of what the pointer points to */
#define KERN_ID(pointer, member) SENSE_READ(pointer, member.val)

SENSE_INLINE bool kern_is_host_userns(const struct user_namespace *ns)
{
	return !SENSE_READ(ns, level);
}

#define KERN_KNOWS_LAYERS true

/*
 * The upper layer's dentry of an inode on overlayfs, NULL when the file lies in a
 * lower layer: in struct ovl_inode (of a module, whose BTF may be missing) it has
 * followed the embedded struct inode since 4.10.
 */
SENSE_INLINE const struct dentry *kern_overlay_upper(const struct inode *inode)
{
	const struct dentry *upper = NULL;

	sense_read_kernel(&upper, sizeof(upper),
			  (const char *)inode + bpf_core_type_size(struct inode));
	return upper;
}

#define kern_cgroup kernfs_node

SENSE_INLINE const struct kern_cgroup *kern_cgroup_parent(const struct kern_cgroup *node)
{
	const struct kernfs_node___rcu *rcu = (const void *)node;

	if (bpf_core_field_exists(rcu->__parent))
		return SENSE_READ(rcu, __parent);
	return SENSE_READ(node, parent);
}

SENSE_INLINE const char *kern_cgroup_name(const struct kern_cgroup *node)
{
	return SENSE_READ(node, name);
}

/* a task's node in the v2 hierarchy */
SENSE_INLINE const struct kern_cgroup *kern_default_cgroup(const struct task_struct *task)
{
	return SENSE_READ(task, cgroups, dfl_cgrp, kn);
}

/* a task's node in a controller's hierarchy; NULL when the kernel lacks the controller */
#define KERN_CGROUP_NODE(task, id)                                                                 \
	({                                                                                         \
		struct kernfs_node *node_ = NULL;                                                  \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id)) {                       \
			const struct css_set *set_ = SENSE_READ(task, cgroups);                    \
			const struct cgroup_subsys_state *css_ = NULL;                             \
			sense_read_kernel(                                                         \
				&css_, sizeof(css_),                                               \
				(const char *)SENSE_ADDRESS(set_, struct css_set, subsys) +        \
					8 * bpf_core_enum_value(enum cgroup_subsys_id, id));       \
			node_ = SENSE_READ(css_, cgroup, kn);                                      \
		}                                                                                  \
		node_;                                                                             \
	})

/* a task's struct pid of one kind; the session's and the group's are the process's */
SENSE_INLINE const struct pid *kern_pid(const struct task_struct *task)
{
	const struct task_struct___older *older = (const void *)task;

	if (bpf_core_field_exists(task->thread_pid))
		return SENSE_READ(task, thread_pid);
	return SENSE_READ(older, pids[PIDTYPE_PID].pid);
}

/* before 4.19 enum pid_type had no PIDTYPE_TGID: group and session were 1 and 2, in the leader */
#define KERN_SIGNAL_PID(task, type)                                                                \
	({                                                                                         \
		const struct pid *pid_ = NULL;                                                     \
		const struct signal_struct *signal_ = SENSE_READ(task, signal);                    \
		__u64 at_ = bpf_core_enum_value(enum pid_type, type);                              \
		if (bpf_core_field_exists(signal_->pids)) {                                        \
			sense_read_kernel(                                                         \
				&pid_, sizeof(pid_),                                               \
				(const char *)SENSE_ADDRESS(signal_, struct signal_struct, pids) + \
					8 * at_);                                                  \
		} else {                                                                           \
			const struct task_struct *leader_ = SENSE_READ(task, group_leader);        \
			sense_read_kernel(                                                         \
				&pid_, sizeof(pid_),                                               \
				(const char *)SENSE_ADDRESS(leader_, struct task_struct___older,   \
							    pids) +                                \
					bpf_core_type_size(struct pid_link) * at_ +                \
					bpf_core_field_offset(((struct pid_link *)0)->pid));       \
		}                                                                                  \
		pid_;                                                                              \
	})

SENSE_INLINE const struct pid *kern_pgrp(const struct task_struct *task)
{
	return KERN_SIGNAL_PID(task, PIDTYPE_PGID);
}

SENSE_INLINE const struct pid *kern_session(const struct task_struct *task)
{
	return KERN_SIGNAL_PID(task, PIDTYPE_SID);
}

/* entry of a struct pid for the namespace at a depth: 0 is the host's */
SENSE_INLINE const struct upid *kern_upid(const struct pid *pid, __u32 level)
{
	return (const void *)((const char *)SENSE_ADDRESS(pid, struct pid, numbers) +
			      bpf_core_type_size(struct upid) * (level & 31));
}

/* ns since boot, time asleep included */
SENSE_INLINE __u64 kern_start_time(const struct task_struct *task)
{
	const struct task_struct___older *older = (const void *)task;

	if (bpf_core_field_exists(task->start_boottime))
		return SENSE_READ(task, start_boottime);
	return SENSE_READ(older, real_start_time);
}

SENSE_INLINE __u32 kern_loginuid(const struct task_struct *task)
{
	const struct task_struct___older *older = (const void *)task;

	if (bpf_core_field_exists(task->loginuid))
		return SENSE_READ(task, loginuid.val);
	if (bpf_core_field_exists(older->audit)) {
		const struct audit_task_info *audit = SENSE_READ(older, audit);

		if (audit)
			return SENSE_READ(audit, loginuid.val);
	}
	return (__u32)-1;
}

/* pages counted under one of MM_FILEPAGES 0, MM_ANONPAGES 1, MM_SWAPENTS 2, MM_SHMEMPAGES 3 */
#define KERN_MM_PAGES(mm, member)                                                                  \
	({                                                                                         \
		__s64 pages_;                                                                      \
		const struct mm_struct___atomic *atomic_ = (const void *)(mm);                     \
		if (bpf_core_field_exists((mm)->rss_stat[0].count))                                \
			pages_ = SENSE_READ(mm, rss_stat[member].count);                           \
		else                                                                               \
			pages_ = SENSE_READ(atomic_, rss_stat.count[member].counter);              \
		pages_ > 0 ? (__u64)pages_ : 0;                                                    \
	})

/* The i-th of a process's further groups, which are sorted. */
SENSE_INLINE __u32 kern_group(const struct group_info *groups, __u32 i)
{
	__u32 gid = 0;

	sense_read_kernel(&gid, sizeof(gid),
			  (const __u32 *)SENSE_ADDRESS(groups, struct group_info, gid) + i);
	return gid;
}

SENSE_INLINE __u64 kern_caps(const void *set)
{
	__u64 caps = 0;

	sense_read_kernel(&caps, sizeof(caps), set);
	return caps;
}

SENSE_INLINE bool kern_is_subreaper(const struct signal_struct *signal)
{
	return BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper);
}

SENSE_INLINE bool kern_has_subreaper(const struct signal_struct *signal)
{
	return BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper);
}

/* the list of the threads of a task's process */
SENSE_INLINE const struct list_head *kern_threads(const struct task_struct *task)
{
	return SENSE_ADDRESS(SENSE_READ(task, signal), struct signal_struct, thread_head);
}

SENSE_INLINE const struct task_struct *kern_thread_of_node(const struct list_head *node)
{
	return (const void *)((const char *)node -
			      bpf_core_field_offset(((struct task_struct *)0)->thread_node));
}

/* false on a kernel without IPv6 */
SENSE_INLINE bool kern_sock_has_v6(const struct sock *sk)
{
	return bpf_core_field_exists(sk->__sk_common.skc_v6_daddr);
}

SENSE_INLINE const void *kern_sock_v6_local(const struct sock *sk)
{
	return SENSE_ADDRESS(sk, struct sock, __sk_common.skc_v6_rcv_saddr);
}

SENSE_INLINE const void *kern_sock_v6_remote(const struct sock *sk)
{
	return SENSE_ADDRESS(sk, struct sock, __sk_common.skc_v6_daddr);
}

/* a bit field up to 5.5 */
SENSE_INLINE __u32 kern_sock_protocol(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol) & 0xffff;
}

#endif

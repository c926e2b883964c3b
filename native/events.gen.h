/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Generated from src/events/table.ts by `deno task generate`. Do not edit. */
#ifndef LANNER_EVENTS_GEN_H
#define LANNER_EVENTS_GEN_H

#define LN_EV_OPEN 3
enum {
	LN_OPEN_fd,
	LN_OPEN_name,
	LN_OPEN_flags,
	LN_OPEN_mode,
	LN_OPEN_dev,
	LN_OPEN_ino,
	LN_OPEN_name_dir,
	LN_OPEN_fd_type,
	LN_OPEN_fd_path,
	LN_OPEN_fd_dev,
	LN_OPEN_fd_ino,
	LN_OPEN_fd_tuple,
	LN_OPEN_fd_proto,
	LN_OPEN_fd_role,
	LN_OPEN_workdir,
	LN_OPEN_NPARAMS
};

#define LN_EV_SOCKET 19
enum {
	LN_SOCKET_fd,
	LN_SOCKET_domain,
	LN_SOCKET_type,
	LN_SOCKET_proto,
	LN_SOCKET_flags,
	LN_SOCKET_fd_type,
	LN_SOCKET_fd_path,
	LN_SOCKET_fd_dev,
	LN_SOCKET_fd_ino,
	LN_SOCKET_fd_tuple,
	LN_SOCKET_fd_proto,
	LN_SOCKET_fd_role,
	LN_SOCKET_workdir,
	LN_SOCKET_NPARAMS
};

#define LN_EV_BIND 21
enum {
	LN_BIND_res,
	LN_BIND_addr,
	LN_BIND_fd,
	LN_BIND_fd_type,
	LN_BIND_fd_path,
	LN_BIND_fd_dev,
	LN_BIND_fd_ino,
	LN_BIND_fd_tuple,
	LN_BIND_fd_proto,
	LN_BIND_fd_role,
	LN_BIND_workdir,
	LN_BIND_NPARAMS
};

#define LN_EV_CONNECT 23
enum {
	LN_CONNECT_res,
	LN_CONNECT_tuple,
	LN_CONNECT_fd,
	LN_CONNECT_addr,
	LN_CONNECT_fd_type,
	LN_CONNECT_fd_path,
	LN_CONNECT_fd_dev,
	LN_CONNECT_fd_ino,
	LN_CONNECT_fd_tuple,
	LN_CONNECT_fd_proto,
	LN_CONNECT_fd_role,
	LN_CONNECT_workdir,
	LN_CONNECT_NPARAMS
};

#define LN_EV_LISTEN 25
enum {
	LN_LISTEN_res,
	LN_LISTEN_fd,
	LN_LISTEN_backlog,
	LN_LISTEN_fd_type,
	LN_LISTEN_fd_path,
	LN_LISTEN_fd_dev,
	LN_LISTEN_fd_ino,
	LN_LISTEN_fd_tuple,
	LN_LISTEN_fd_proto,
	LN_LISTEN_fd_role,
	LN_LISTEN_workdir,
	LN_LISTEN_NPARAMS
};

#define LN_EV_SENDTO 31
enum {
	LN_SENDTO_res,
	LN_SENDTO_data,
	LN_SENDTO_fd,
	LN_SENDTO_size,
	LN_SENDTO_tuple,
	LN_SENDTO_fd_type,
	LN_SENDTO_fd_path,
	LN_SENDTO_fd_dev,
	LN_SENDTO_fd_ino,
	LN_SENDTO_fd_tuple,
	LN_SENDTO_fd_proto,
	LN_SENDTO_fd_role,
	LN_SENDTO_new_peer,
	LN_SENDTO_workdir,
	LN_SENDTO_NPARAMS
};

#define LN_EV_RECVFROM 35
enum {
	LN_RECVFROM_res,
	LN_RECVFROM_data,
	LN_RECVFROM_tuple,
	LN_RECVFROM_fd,
	LN_RECVFROM_size,
	LN_RECVFROM_fd_type,
	LN_RECVFROM_fd_path,
	LN_RECVFROM_fd_dev,
	LN_RECVFROM_fd_ino,
	LN_RECVFROM_fd_tuple,
	LN_RECVFROM_fd_proto,
	LN_RECVFROM_fd_role,
	LN_RECVFROM_new_peer,
	LN_RECVFROM_workdir,
	LN_RECVFROM_NPARAMS
};

#define LN_EV_SENDMSG 49
enum {
	LN_SENDMSG_res,
	LN_SENDMSG_data,
	LN_SENDMSG_fd,
	LN_SENDMSG_size,
	LN_SENDMSG_tuple,
	LN_SENDMSG_fd_type,
	LN_SENDMSG_fd_path,
	LN_SENDMSG_fd_dev,
	LN_SENDMSG_fd_ino,
	LN_SENDMSG_fd_tuple,
	LN_SENDMSG_fd_proto,
	LN_SENDMSG_fd_role,
	LN_SENDMSG_new_peer,
	LN_SENDMSG_workdir,
	LN_SENDMSG_NPARAMS
};

#define LN_EV_RECVMSG 53
enum {
	LN_RECVMSG_res,
	LN_RECVMSG_size,
	LN_RECVMSG_data,
	LN_RECVMSG_tuple,
	LN_RECVMSG_msgcontrol,
	LN_RECVMSG_fd,
	LN_RECVMSG_fd_type,
	LN_RECVMSG_fd_path,
	LN_RECVMSG_fd_dev,
	LN_RECVMSG_fd_ino,
	LN_RECVMSG_fd_tuple,
	LN_RECVMSG_fd_proto,
	LN_RECVMSG_fd_role,
	LN_RECVMSG_new_peer,
	LN_RECVMSG_workdir,
	LN_RECVMSG_NPARAMS
};

#define LN_EV_CREAT 59
enum {
	LN_CREAT_fd,
	LN_CREAT_name,
	LN_CREAT_mode,
	LN_CREAT_dev,
	LN_CREAT_ino,
	LN_CREAT_creat_flags,
	LN_CREAT_name_dir,
	LN_CREAT_fd_type,
	LN_CREAT_fd_path,
	LN_CREAT_fd_dev,
	LN_CREAT_fd_ino,
	LN_CREAT_fd_tuple,
	LN_CREAT_fd_proto,
	LN_CREAT_fd_role,
	LN_CREAT_workdir,
	LN_CREAT_NPARAMS
};

#define LN_EV_PIPE 61
enum {
	LN_PIPE_res,
	LN_PIPE_fd1,
	LN_PIPE_fd2,
	LN_PIPE_ino,
	LN_PIPE_fd_type,
	LN_PIPE_fd_path,
	LN_PIPE_fd_dev,
	LN_PIPE_fd_ino,
	LN_PIPE_fd_tuple,
	LN_PIPE_fd_proto,
	LN_PIPE_fd_role,
	LN_PIPE_workdir,
	LN_PIPE_NPARAMS
};

#define LN_EV_CHDIR 95
enum {
	LN_CHDIR_res,
	LN_CHDIR_path,
	LN_CHDIR_workdir,
	LN_CHDIR_NPARAMS
};

#define LN_EV_FCHDIR 97
enum {
	LN_FCHDIR_res,
	LN_FCHDIR_fd,
	LN_FCHDIR_fd_type,
	LN_FCHDIR_fd_path,
	LN_FCHDIR_fd_dev,
	LN_FCHDIR_fd_ino,
	LN_FCHDIR_fd_tuple,
	LN_FCHDIR_fd_proto,
	LN_FCHDIR_fd_role,
	LN_FCHDIR_workdir,
	LN_FCHDIR_NPARAMS
};

#define LN_EV_KILL 129
enum {
	LN_KILL_res,
	LN_KILL_pid,
	LN_KILL_sig,
	LN_KILL_workdir,
	LN_KILL_NPARAMS
};

#define LN_EV_TKILL 131
enum {
	LN_TKILL_res,
	LN_TKILL_tid,
	LN_TKILL_sig,
	LN_TKILL_workdir,
	LN_TKILL_NPARAMS
};

#define LN_EV_TGKILL 133
enum {
	LN_TGKILL_res,
	LN_TGKILL_pid,
	LN_TGKILL_tid,
	LN_TGKILL_sig,
	LN_TGKILL_workdir,
	LN_TGKILL_NPARAMS
};

#define LN_EV_MMAP 161
enum {
	LN_MMAP_res,
	LN_MMAP_vm_size,
	LN_MMAP_vm_rss,
	LN_MMAP_vm_swap,
	LN_MMAP_addr,
	LN_MMAP_length,
	LN_MMAP_prot,
	LN_MMAP_flags,
	LN_MMAP_fd,
	LN_MMAP_offset,
	LN_MMAP_fd_type,
	LN_MMAP_fd_path,
	LN_MMAP_fd_dev,
	LN_MMAP_fd_ino,
	LN_MMAP_fd_tuple,
	LN_MMAP_fd_proto,
	LN_MMAP_fd_role,
	LN_MMAP_workdir,
	LN_MMAP_NPARAMS
};

#define LN_EV_PTRACE 169
enum {
	LN_PTRACE_res,
	LN_PTRACE_addr,
	LN_PTRACE_data,
	LN_PTRACE_request,
	LN_PTRACE_pid,
	LN_PTRACE_workdir,
	LN_PTRACE_NPARAMS
};

#define LN_EV_RENAME 175
enum {
	LN_RENAME_res,
	LN_RENAME_oldpath,
	LN_RENAME_newpath,
	LN_RENAME_oldpath_dir,
	LN_RENAME_newpath_dir,
	LN_RENAME_workdir,
	LN_RENAME_NPARAMS
};

#define LN_EV_RENAMEAT 177
enum {
	LN_RENAMEAT_res,
	LN_RENAMEAT_olddirfd,
	LN_RENAMEAT_oldpath,
	LN_RENAMEAT_newdirfd,
	LN_RENAMEAT_newpath,
	LN_RENAMEAT_oldpath_dir,
	LN_RENAMEAT_newpath_dir,
	LN_RENAMEAT_workdir,
	LN_RENAMEAT_NPARAMS
};

#define LN_EV_SYMLINK 179
enum {
	LN_SYMLINK_res,
	LN_SYMLINK_target,
	LN_SYMLINK_linkpath,
	LN_SYMLINK_linkpath_dir,
	LN_SYMLINK_workdir,
	LN_SYMLINK_NPARAMS
};

#define LN_EV_SYMLINKAT 181
enum {
	LN_SYMLINKAT_res,
	LN_SYMLINKAT_target,
	LN_SYMLINKAT_linkdirfd,
	LN_SYMLINKAT_linkpath,
	LN_SYMLINKAT_linkpath_dir,
	LN_SYMLINKAT_fd_type,
	LN_SYMLINKAT_fd_path,
	LN_SYMLINKAT_fd_dev,
	LN_SYMLINKAT_fd_ino,
	LN_SYMLINKAT_fd_tuple,
	LN_SYMLINKAT_fd_proto,
	LN_SYMLINKAT_fd_role,
	LN_SYMLINKAT_workdir,
	LN_SYMLINKAT_NPARAMS
};

#define LN_EV_PROCEXIT 186
enum {
	LN_PROCEXIT_status,
	LN_PROCEXIT_ret,
	LN_PROCEXIT_sig,
	LN_PROCEXIT_core,
	LN_PROCEXIT_reaper_tid,
	LN_PROCEXIT_last,
	LN_PROCEXIT_NPARAMS
};

#define LN_EV_QUOTACTL 191
enum {
	LN_QUOTACTL_res,
	LN_QUOTACTL_cmd,
	LN_QUOTACTL_type,
	LN_QUOTACTL_id,
	LN_QUOTACTL_special,
	LN_QUOTACTL_special_dir,
	LN_QUOTACTL_workdir,
	LN_QUOTACTL_NPARAMS
};

#define LN_EV_SETRESUID 193
enum {
	LN_SETRESUID_res,
	LN_SETRESUID_ruid,
	LN_SETRESUID_euid,
	LN_SETRESUID_suid,
	LN_SETRESUID_workdir,
	LN_SETRESUID_NPARAMS
};

#define LN_EV_SETRESGID 195
enum {
	LN_SETRESGID_res,
	LN_SETRESGID_rgid,
	LN_SETRESGID_egid,
	LN_SETRESGID_sgid,
	LN_SETRESGID_workdir,
	LN_SETRESGID_NPARAMS
};

#define LN_EV_SETUID 199
enum {
	LN_SETUID_res,
	LN_SETUID_uid,
	LN_SETUID_workdir,
	LN_SETUID_NPARAMS
};

#define LN_EV_SETGID 201
enum {
	LN_SETGID_res,
	LN_SETGID_gid,
	LN_SETGID_workdir,
	LN_SETGID_NPARAMS
};

#define LN_EV_CLONE 223
enum {
	LN_CLONE_res,
	LN_CLONE_exe,
	LN_CLONE_args,
	LN_CLONE_tid,
	LN_CLONE_pid,
	LN_CLONE_ptid,
	LN_CLONE_cwd,
	LN_CLONE_fdlimit,
	LN_CLONE_pgft_maj,
	LN_CLONE_pgft_min,
	LN_CLONE_vm_size,
	LN_CLONE_vm_rss,
	LN_CLONE_vm_swap,
	LN_CLONE_comm,
	LN_CLONE_cgroups,
	LN_CLONE_flags,
	LN_CLONE_uid,
	LN_CLONE_gid,
	LN_CLONE_vtid,
	LN_CLONE_vpid,
	LN_CLONE_pidns_init_start_ts,
	LN_CLONE_sid,
	LN_CLONE_pgid,
	LN_CLONE_vpgid,
	LN_CLONE_start_ts,
	LN_CLONE_cgroup,
	LN_CLONE_maker,
	LN_CLONE_workdir,
	LN_CLONE_NPARAMS
};

#define LN_EV_FORK 225
enum {
	LN_FORK_res,
	LN_FORK_exe,
	LN_FORK_args,
	LN_FORK_tid,
	LN_FORK_pid,
	LN_FORK_ptid,
	LN_FORK_cwd,
	LN_FORK_fdlimit,
	LN_FORK_pgft_maj,
	LN_FORK_pgft_min,
	LN_FORK_vm_size,
	LN_FORK_vm_rss,
	LN_FORK_vm_swap,
	LN_FORK_comm,
	LN_FORK_cgroups,
	LN_FORK_flags,
	LN_FORK_uid,
	LN_FORK_gid,
	LN_FORK_vtid,
	LN_FORK_vpid,
	LN_FORK_pidns_init_start_ts,
	LN_FORK_sid,
	LN_FORK_pgid,
	LN_FORK_vpgid,
	LN_FORK_start_ts,
	LN_FORK_cgroup,
	LN_FORK_maker,
	LN_FORK_workdir,
	LN_FORK_NPARAMS
};

#define LN_EV_VFORK 227
enum {
	LN_VFORK_res,
	LN_VFORK_exe,
	LN_VFORK_args,
	LN_VFORK_tid,
	LN_VFORK_pid,
	LN_VFORK_ptid,
	LN_VFORK_cwd,
	LN_VFORK_fdlimit,
	LN_VFORK_pgft_maj,
	LN_VFORK_pgft_min,
	LN_VFORK_vm_size,
	LN_VFORK_vm_rss,
	LN_VFORK_vm_swap,
	LN_VFORK_comm,
	LN_VFORK_cgroups,
	LN_VFORK_flags,
	LN_VFORK_uid,
	LN_VFORK_gid,
	LN_VFORK_vtid,
	LN_VFORK_vpid,
	LN_VFORK_pidns_init_start_ts,
	LN_VFORK_sid,
	LN_VFORK_pgid,
	LN_VFORK_vpgid,
	LN_VFORK_start_ts,
	LN_VFORK_cgroup,
	LN_VFORK_maker,
	LN_VFORK_workdir,
	LN_VFORK_NPARAMS
};

#define LN_EV_SETNS 241
enum {
	LN_SETNS_res,
	LN_SETNS_fd,
	LN_SETNS_nstype,
	LN_SETNS_fd_type,
	LN_SETNS_fd_path,
	LN_SETNS_fd_dev,
	LN_SETNS_fd_ino,
	LN_SETNS_fd_tuple,
	LN_SETNS_fd_proto,
	LN_SETNS_fd_role,
	LN_SETNS_workdir,
	LN_SETNS_NPARAMS
};

#define LN_EV_ACCEPT 247
enum {
	LN_ACCEPT_fd,
	LN_ACCEPT_tuple,
	LN_ACCEPT_queuepct,
	LN_ACCEPT_queuelen,
	LN_ACCEPT_queuemax,
	LN_ACCEPT_fd_type,
	LN_ACCEPT_fd_path,
	LN_ACCEPT_fd_dev,
	LN_ACCEPT_fd_ino,
	LN_ACCEPT_fd_tuple,
	LN_ACCEPT_fd_proto,
	LN_ACCEPT_fd_role,
	LN_ACCEPT_workdir,
	LN_ACCEPT_NPARAMS
};

#define LN_EV_MOUNT 257
enum {
	LN_MOUNT_res,
	LN_MOUNT_dev,
	LN_MOUNT_dir,
	LN_MOUNT_type,
	LN_MOUNT_flags,
	LN_MOUNT_dir_dir,
	LN_MOUNT_workdir,
	LN_MOUNT_NPARAMS
};

#define LN_EV_CHROOT 267
enum {
	LN_CHROOT_res,
	LN_CHROOT_path,
	LN_CHROOT_path_dir,
	LN_CHROOT_workdir,
	LN_CHROOT_NPARAMS
};

#define LN_EV_SETSID 275
enum {
	LN_SETSID_res,
	LN_SETSID_workdir,
	LN_SETSID_NPARAMS
};

#define LN_EV_MKDIR 277
enum {
	LN_MKDIR_res,
	LN_MKDIR_path,
	LN_MKDIR_mode,
	LN_MKDIR_path_dir,
	LN_MKDIR_workdir,
	LN_MKDIR_NPARAMS
};

#define LN_EV_RMDIR 279
enum {
	LN_RMDIR_res,
	LN_RMDIR_path,
	LN_RMDIR_path_dir,
	LN_RMDIR_workdir,
	LN_RMDIR_NPARAMS
};

#define LN_EV_UNSHARE 285
enum {
	LN_UNSHARE_res,
	LN_UNSHARE_flags,
	LN_UNSHARE_workdir,
	LN_UNSHARE_NPARAMS
};

#define LN_EV_EXECVE 293
enum {
	LN_EXECVE_res,
	LN_EXECVE_exe,
	LN_EXECVE_args,
	LN_EXECVE_tid,
	LN_EXECVE_pid,
	LN_EXECVE_ptid,
	LN_EXECVE_cwd,
	LN_EXECVE_fdlimit,
	LN_EXECVE_pgft_maj,
	LN_EXECVE_pgft_min,
	LN_EXECVE_vm_size,
	LN_EXECVE_vm_rss,
	LN_EXECVE_vm_swap,
	LN_EXECVE_comm,
	LN_EXECVE_cgroups,
	LN_EXECVE_env,
	LN_EXECVE_tty,
	LN_EXECVE_vpgid,
	LN_EXECVE_loginuid,
	LN_EXECVE_flags,
	LN_EXECVE_cap_inheritable,
	LN_EXECVE_cap_permitted,
	LN_EXECVE_cap_effective,
	LN_EXECVE_exe_ino,
	LN_EXECVE_exe_ino_ctime,
	LN_EXECVE_exe_ino_mtime,
	LN_EXECVE_uid,
	LN_EXECVE_trusted_exepath,
	LN_EXECVE_pgid,
	LN_EXECVE_gid,
	LN_EXECVE_filename,
	LN_EXECVE_filename_dir,
	LN_EXECVE_old_tid,
	LN_EXECVE_sid,
	LN_EXECVE_vtid,
	LN_EXECVE_vpid,
	LN_EXECVE_start_ts,
	LN_EXECVE_pidns_init_start_ts,
	LN_EXECVE_cgroup,
	LN_EXECVE_workdir,
	LN_EXECVE_NPARAMS
};

#define LN_EV_UNLINK 301
enum {
	LN_UNLINK_res,
	LN_UNLINK_path,
	LN_UNLINK_path_dir,
	LN_UNLINK_workdir,
	LN_UNLINK_NPARAMS
};

#define LN_EV_UNLINKAT 303
enum {
	LN_UNLINKAT_res,
	LN_UNLINKAT_dirfd,
	LN_UNLINKAT_name,
	LN_UNLINKAT_flags,
	LN_UNLINKAT_name_dir,
	LN_UNLINKAT_fd_type,
	LN_UNLINKAT_fd_path,
	LN_UNLINKAT_fd_dev,
	LN_UNLINKAT_fd_ino,
	LN_UNLINKAT_fd_tuple,
	LN_UNLINKAT_fd_proto,
	LN_UNLINKAT_fd_role,
	LN_UNLINKAT_workdir,
	LN_UNLINKAT_NPARAMS
};

#define LN_EV_MKDIRAT 305
enum {
	LN_MKDIRAT_res,
	LN_MKDIRAT_dirfd,
	LN_MKDIRAT_path,
	LN_MKDIRAT_mode,
	LN_MKDIRAT_path_dir,
	LN_MKDIRAT_fd_type,
	LN_MKDIRAT_fd_path,
	LN_MKDIRAT_fd_dev,
	LN_MKDIRAT_fd_ino,
	LN_MKDIRAT_fd_tuple,
	LN_MKDIRAT_fd_proto,
	LN_MKDIRAT_fd_role,
	LN_MKDIRAT_workdir,
	LN_MKDIRAT_NPARAMS
};

#define LN_EV_OPENAT 307
enum {
	LN_OPENAT_fd,
	LN_OPENAT_dirfd,
	LN_OPENAT_name,
	LN_OPENAT_flags,
	LN_OPENAT_mode,
	LN_OPENAT_dev,
	LN_OPENAT_ino,
	LN_OPENAT_name_dir,
	LN_OPENAT_fd_type,
	LN_OPENAT_fd_path,
	LN_OPENAT_fd_dev,
	LN_OPENAT_fd_ino,
	LN_OPENAT_fd_tuple,
	LN_OPENAT_fd_proto,
	LN_OPENAT_fd_role,
	LN_OPENAT_workdir,
	LN_OPENAT_NPARAMS
};

#define LN_EV_LINK 309
enum {
	LN_LINK_res,
	LN_LINK_oldpath,
	LN_LINK_newpath,
	LN_LINK_oldpath_dir,
	LN_LINK_newpath_dir,
	LN_LINK_workdir,
	LN_LINK_NPARAMS
};

#define LN_EV_LINKAT 311
enum {
	LN_LINKAT_res,
	LN_LINKAT_olddir,
	LN_LINKAT_oldpath,
	LN_LINKAT_newdir,
	LN_LINKAT_newpath,
	LN_LINKAT_flags,
	LN_LINKAT_oldpath_dir,
	LN_LINKAT_newpath_dir,
	LN_LINKAT_workdir,
	LN_LINKAT_NPARAMS
};

#define LN_EV_FCHMODAT 313
enum {
	LN_FCHMODAT_res,
	LN_FCHMODAT_dirfd,
	LN_FCHMODAT_filename,
	LN_FCHMODAT_mode,
	LN_FCHMODAT_filename_dir,
	LN_FCHMODAT_fd_type,
	LN_FCHMODAT_fd_path,
	LN_FCHMODAT_fd_dev,
	LN_FCHMODAT_fd_ino,
	LN_FCHMODAT_fd_tuple,
	LN_FCHMODAT_fd_proto,
	LN_FCHMODAT_fd_role,
	LN_FCHMODAT_workdir,
	LN_FCHMODAT_NPARAMS
};

#define LN_EV_CHMOD 315
enum {
	LN_CHMOD_res,
	LN_CHMOD_filename,
	LN_CHMOD_mode,
	LN_CHMOD_filename_dir,
	LN_CHMOD_workdir,
	LN_CHMOD_NPARAMS
};

#define LN_EV_FCHMOD 317
enum {
	LN_FCHMOD_res,
	LN_FCHMOD_fd,
	LN_FCHMOD_mode,
	LN_FCHMOD_fd_type,
	LN_FCHMOD_fd_path,
	LN_FCHMOD_fd_dev,
	LN_FCHMOD_fd_ino,
	LN_FCHMOD_fd_tuple,
	LN_FCHMOD_fd_proto,
	LN_FCHMOD_fd_role,
	LN_FCHMOD_workdir,
	LN_FCHMOD_NPARAMS
};

#define LN_EV_RENAMEAT2 319
enum {
	LN_RENAMEAT2_res,
	LN_RENAMEAT2_olddirfd,
	LN_RENAMEAT2_oldpath,
	LN_RENAMEAT2_newdirfd,
	LN_RENAMEAT2_newpath,
	LN_RENAMEAT2_flags,
	LN_RENAMEAT2_oldpath_dir,
	LN_RENAMEAT2_newpath_dir,
	LN_RENAMEAT2_workdir,
	LN_RENAMEAT2_NPARAMS
};

#define LN_EV_USERFAULTFD 321
enum {
	LN_USERFAULTFD_res,
	LN_USERFAULTFD_flags,
	LN_USERFAULTFD_fd_type,
	LN_USERFAULTFD_fd_path,
	LN_USERFAULTFD_fd_dev,
	LN_USERFAULTFD_fd_ino,
	LN_USERFAULTFD_fd_tuple,
	LN_USERFAULTFD_fd_proto,
	LN_USERFAULTFD_fd_role,
	LN_USERFAULTFD_workdir,
	LN_USERFAULTFD_NPARAMS
};

#define LN_EV_OPENAT2 327
enum {
	LN_OPENAT2_fd,
	LN_OPENAT2_dirfd,
	LN_OPENAT2_name,
	LN_OPENAT2_flags,
	LN_OPENAT2_mode,
	LN_OPENAT2_resolve,
	LN_OPENAT2_dev,
	LN_OPENAT2_ino,
	LN_OPENAT2_name_dir,
	LN_OPENAT2_fd_type,
	LN_OPENAT2_fd_path,
	LN_OPENAT2_fd_dev,
	LN_OPENAT2_fd_ino,
	LN_OPENAT2_fd_tuple,
	LN_OPENAT2_fd_proto,
	LN_OPENAT2_fd_role,
	LN_OPENAT2_workdir,
	LN_OPENAT2_NPARAMS
};

#define LN_EV_MPROTECT 329
enum {
	LN_MPROTECT_res,
	LN_MPROTECT_addr,
	LN_MPROTECT_length,
	LN_MPROTECT_prot,
	LN_MPROTECT_workdir,
	LN_MPROTECT_NPARAMS
};

#define LN_EV_EXECVEAT 331
enum {
	LN_EXECVEAT_res,
	LN_EXECVEAT_exe,
	LN_EXECVEAT_args,
	LN_EXECVEAT_tid,
	LN_EXECVEAT_pid,
	LN_EXECVEAT_ptid,
	LN_EXECVEAT_cwd,
	LN_EXECVEAT_fdlimit,
	LN_EXECVEAT_pgft_maj,
	LN_EXECVEAT_pgft_min,
	LN_EXECVEAT_vm_size,
	LN_EXECVEAT_vm_rss,
	LN_EXECVEAT_vm_swap,
	LN_EXECVEAT_comm,
	LN_EXECVEAT_cgroups,
	LN_EXECVEAT_env,
	LN_EXECVEAT_tty,
	LN_EXECVEAT_vpgid,
	LN_EXECVEAT_loginuid,
	LN_EXECVEAT_flags,
	LN_EXECVEAT_cap_inheritable,
	LN_EXECVEAT_cap_permitted,
	LN_EXECVEAT_cap_effective,
	LN_EXECVEAT_exe_ino,
	LN_EXECVEAT_exe_ino_ctime,
	LN_EXECVEAT_exe_ino_mtime,
	LN_EXECVEAT_uid,
	LN_EXECVEAT_trusted_exepath,
	LN_EXECVEAT_pgid,
	LN_EXECVEAT_gid,
	LN_EXECVEAT_filename_dir,
	LN_EXECVEAT_old_tid,
	LN_EXECVEAT_sid,
	LN_EXECVEAT_vtid,
	LN_EXECVEAT_vpid,
	LN_EXECVEAT_start_ts,
	LN_EXECVEAT_pidns_init_start_ts,
	LN_EXECVEAT_cgroup,
	LN_EXECVEAT_workdir,
	LN_EXECVEAT_NPARAMS
};

#define LN_EV_CLONE3 335
enum {
	LN_CLONE3_res,
	LN_CLONE3_exe,
	LN_CLONE3_args,
	LN_CLONE3_tid,
	LN_CLONE3_pid,
	LN_CLONE3_ptid,
	LN_CLONE3_cwd,
	LN_CLONE3_fdlimit,
	LN_CLONE3_pgft_maj,
	LN_CLONE3_pgft_min,
	LN_CLONE3_vm_size,
	LN_CLONE3_vm_rss,
	LN_CLONE3_vm_swap,
	LN_CLONE3_comm,
	LN_CLONE3_cgroups,
	LN_CLONE3_flags,
	LN_CLONE3_uid,
	LN_CLONE3_gid,
	LN_CLONE3_vtid,
	LN_CLONE3_vpid,
	LN_CLONE3_pidns_init_start_ts,
	LN_CLONE3_sid,
	LN_CLONE3_pgid,
	LN_CLONE3_vpgid,
	LN_CLONE3_start_ts,
	LN_CLONE3_cgroup,
	LN_CLONE3_maker,
	LN_CLONE3_workdir,
	LN_CLONE3_NPARAMS
};

#define LN_EV_OPEN_BY_HANDLE_AT 337
enum {
	LN_OPEN_BY_HANDLE_AT_fd,
	LN_OPEN_BY_HANDLE_AT_mountfd,
	LN_OPEN_BY_HANDLE_AT_flags,
	LN_OPEN_BY_HANDLE_AT_path,
	LN_OPEN_BY_HANDLE_AT_dev,
	LN_OPEN_BY_HANDLE_AT_ino,
	LN_OPEN_BY_HANDLE_AT_path_dir,
	LN_OPEN_BY_HANDLE_AT_fd_type,
	LN_OPEN_BY_HANDLE_AT_fd_path,
	LN_OPEN_BY_HANDLE_AT_fd_dev,
	LN_OPEN_BY_HANDLE_AT_fd_ino,
	LN_OPEN_BY_HANDLE_AT_fd_tuple,
	LN_OPEN_BY_HANDLE_AT_fd_proto,
	LN_OPEN_BY_HANDLE_AT_fd_role,
	LN_OPEN_BY_HANDLE_AT_workdir,
	LN_OPEN_BY_HANDLE_AT_NPARAMS
};

#define LN_EV_IO_URING_SETUP 339
enum {
	LN_IO_URING_SETUP_res,
	LN_IO_URING_SETUP_entries,
	LN_IO_URING_SETUP_sq_entries,
	LN_IO_URING_SETUP_cq_entries,
	LN_IO_URING_SETUP_flags,
	LN_IO_URING_SETUP_sq_thread_cpu,
	LN_IO_URING_SETUP_sq_thread_idle,
	LN_IO_URING_SETUP_features,
	LN_IO_URING_SETUP_fd_type,
	LN_IO_URING_SETUP_fd_path,
	LN_IO_URING_SETUP_fd_dev,
	LN_IO_URING_SETUP_fd_ino,
	LN_IO_URING_SETUP_fd_tuple,
	LN_IO_URING_SETUP_fd_proto,
	LN_IO_URING_SETUP_fd_role,
	LN_IO_URING_SETUP_workdir,
	LN_IO_URING_SETUP_NPARAMS
};

#define LN_EV_CAPSET 353
enum {
	LN_CAPSET_res,
	LN_CAPSET_cap_inheritable,
	LN_CAPSET_cap_permitted,
	LN_CAPSET_cap_effective,
	LN_CAPSET_workdir,
	LN_CAPSET_NPARAMS
};

#define LN_EV_DUP2 363
enum {
	LN_DUP2_res,
	LN_DUP2_oldfd,
	LN_DUP2_newfd,
	LN_DUP2_fd_type,
	LN_DUP2_fd_path,
	LN_DUP2_fd_dev,
	LN_DUP2_fd_ino,
	LN_DUP2_fd_tuple,
	LN_DUP2_fd_proto,
	LN_DUP2_fd_role,
	LN_DUP2_workdir,
	LN_DUP2_NPARAMS
};

#define LN_EV_DUP3 365
enum {
	LN_DUP3_res,
	LN_DUP3_oldfd,
	LN_DUP3_newfd,
	LN_DUP3_flags,
	LN_DUP3_fd_type,
	LN_DUP3_fd_path,
	LN_DUP3_fd_dev,
	LN_DUP3_fd_ino,
	LN_DUP3_fd_tuple,
	LN_DUP3_fd_proto,
	LN_DUP3_fd_role,
	LN_DUP3_workdir,
	LN_DUP3_NPARAMS
};

#define LN_EV_DUP 367
enum {
	LN_DUP_res,
	LN_DUP_oldfd,
	LN_DUP_fd_type,
	LN_DUP_fd_path,
	LN_DUP_fd_dev,
	LN_DUP_fd_ino,
	LN_DUP_fd_tuple,
	LN_DUP_fd_proto,
	LN_DUP_fd_role,
	LN_DUP_workdir,
	LN_DUP_NPARAMS
};

#define LN_EV_BPF 369
enum {
	LN_BPF_fd,
	LN_BPF_cmd,
	LN_BPF_fd_type,
	LN_BPF_fd_path,
	LN_BPF_fd_dev,
	LN_BPF_fd_ino,
	LN_BPF_fd_tuple,
	LN_BPF_fd_proto,
	LN_BPF_fd_role,
	LN_BPF_workdir,
	LN_BPF_NPARAMS
};

#define LN_EV_CHOWN 379
enum {
	LN_CHOWN_res,
	LN_CHOWN_path,
	LN_CHOWN_uid,
	LN_CHOWN_gid,
	LN_CHOWN_path_dir,
	LN_CHOWN_workdir,
	LN_CHOWN_NPARAMS
};

#define LN_EV_LCHOWN 381
enum {
	LN_LCHOWN_res,
	LN_LCHOWN_path,
	LN_LCHOWN_uid,
	LN_LCHOWN_gid,
	LN_LCHOWN_path_dir,
	LN_LCHOWN_workdir,
	LN_LCHOWN_NPARAMS
};

#define LN_EV_FCHOWN 383
enum {
	LN_FCHOWN_res,
	LN_FCHOWN_fd,
	LN_FCHOWN_uid,
	LN_FCHOWN_gid,
	LN_FCHOWN_fd_type,
	LN_FCHOWN_fd_path,
	LN_FCHOWN_fd_dev,
	LN_FCHOWN_fd_ino,
	LN_FCHOWN_fd_tuple,
	LN_FCHOWN_fd_proto,
	LN_FCHOWN_fd_role,
	LN_FCHOWN_workdir,
	LN_FCHOWN_NPARAMS
};

#define LN_EV_FCHOWNAT 385
enum {
	LN_FCHOWNAT_res,
	LN_FCHOWNAT_dirfd,
	LN_FCHOWNAT_pathname,
	LN_FCHOWNAT_uid,
	LN_FCHOWNAT_gid,
	LN_FCHOWNAT_flags,
	LN_FCHOWNAT_pathname_dir,
	LN_FCHOWNAT_fd_type,
	LN_FCHOWNAT_fd_path,
	LN_FCHOWNAT_fd_dev,
	LN_FCHOWNAT_fd_ino,
	LN_FCHOWNAT_fd_tuple,
	LN_FCHOWNAT_fd_proto,
	LN_FCHOWNAT_fd_role,
	LN_FCHOWNAT_workdir,
	LN_FCHOWNAT_NPARAMS
};

#define LN_EV_UMOUNT 387
enum {
	LN_UMOUNT_res,
	LN_UMOUNT_name,
	LN_UMOUNT_name_dir,
	LN_UMOUNT_workdir,
	LN_UMOUNT_NPARAMS
};

#define LN_EV_ACCEPT4 389
enum {
	LN_ACCEPT4_fd,
	LN_ACCEPT4_tuple,
	LN_ACCEPT4_queuepct,
	LN_ACCEPT4_queuelen,
	LN_ACCEPT4_queuemax,
	LN_ACCEPT4_flags,
	LN_ACCEPT4_fd_type,
	LN_ACCEPT4_fd_path,
	LN_ACCEPT4_fd_dev,
	LN_ACCEPT4_fd_ino,
	LN_ACCEPT4_fd_tuple,
	LN_ACCEPT4_fd_proto,
	LN_ACCEPT4_fd_role,
	LN_ACCEPT4_workdir,
	LN_ACCEPT4_NPARAMS
};

#define LN_EV_UMOUNT2 391
enum {
	LN_UMOUNT2_res,
	LN_UMOUNT2_name,
	LN_UMOUNT2_flags,
	LN_UMOUNT2_name_dir,
	LN_UMOUNT2_workdir,
	LN_UMOUNT2_NPARAMS
};

#define LN_EV_PIPE2 393
enum {
	LN_PIPE2_res,
	LN_PIPE2_fd1,
	LN_PIPE2_fd2,
	LN_PIPE2_ino,
	LN_PIPE2_flags,
	LN_PIPE2_fd_type,
	LN_PIPE2_fd_path,
	LN_PIPE2_fd_dev,
	LN_PIPE2_fd_ino,
	LN_PIPE2_fd_tuple,
	LN_PIPE2_fd_proto,
	LN_PIPE2_fd_role,
	LN_PIPE2_workdir,
	LN_PIPE2_NPARAMS
};

#define LN_EV_PRCTL 401
enum {
	LN_PRCTL_res,
	LN_PRCTL_option,
	LN_PRCTL_arg2_str,
	LN_PRCTL_arg2_int,
	LN_PRCTL_workdir,
	LN_PRCTL_NPARAMS
};

#define LN_EV_MEMFD_CREATE 405
enum {
	LN_MEMFD_CREATE_fd,
	LN_MEMFD_CREATE_name,
	LN_MEMFD_CREATE_flags,
	LN_MEMFD_CREATE_fd_type,
	LN_MEMFD_CREATE_fd_path,
	LN_MEMFD_CREATE_fd_dev,
	LN_MEMFD_CREATE_fd_ino,
	LN_MEMFD_CREATE_fd_tuple,
	LN_MEMFD_CREATE_fd_proto,
	LN_MEMFD_CREATE_fd_role,
	LN_MEMFD_CREATE_workdir,
	LN_MEMFD_CREATE_NPARAMS
};

#define LN_EV_PIDFD_GETFD 407
enum {
	LN_PIDFD_GETFD_fd,
	LN_PIDFD_GETFD_pid_fd,
	LN_PIDFD_GETFD_target_fd,
	LN_PIDFD_GETFD_flags,
	LN_PIDFD_GETFD_fd_type,
	LN_PIDFD_GETFD_fd_path,
	LN_PIDFD_GETFD_fd_dev,
	LN_PIDFD_GETFD_fd_ino,
	LN_PIDFD_GETFD_fd_tuple,
	LN_PIDFD_GETFD_fd_proto,
	LN_PIDFD_GETFD_fd_role,
	LN_PIDFD_GETFD_workdir,
	LN_PIDFD_GETFD_NPARAMS
};

#define LN_EV_PIDFD_OPEN 409
enum {
	LN_PIDFD_OPEN_fd,
	LN_PIDFD_OPEN_pid,
	LN_PIDFD_OPEN_flags,
	LN_PIDFD_OPEN_fd_type,
	LN_PIDFD_OPEN_fd_path,
	LN_PIDFD_OPEN_fd_dev,
	LN_PIDFD_OPEN_fd_ino,
	LN_PIDFD_OPEN_fd_tuple,
	LN_PIDFD_OPEN_fd_proto,
	LN_PIDFD_OPEN_fd_role,
	LN_PIDFD_OPEN_workdir,
	LN_PIDFD_OPEN_NPARAMS
};

#define LN_EV_INIT_MODULE 411
enum {
	LN_INIT_MODULE_res,
	LN_INIT_MODULE_img,
	LN_INIT_MODULE_length,
	LN_INIT_MODULE_uargs,
	LN_INIT_MODULE_workdir,
	LN_INIT_MODULE_NPARAMS
};

#define LN_EV_FINIT_MODULE 413
enum {
	LN_FINIT_MODULE_res,
	LN_FINIT_MODULE_fd,
	LN_FINIT_MODULE_uargs,
	LN_FINIT_MODULE_flags,
	LN_FINIT_MODULE_fd_type,
	LN_FINIT_MODULE_fd_path,
	LN_FINIT_MODULE_fd_dev,
	LN_FINIT_MODULE_fd_ino,
	LN_FINIT_MODULE_fd_tuple,
	LN_FINIT_MODULE_fd_proto,
	LN_FINIT_MODULE_fd_role,
	LN_FINIT_MODULE_workdir,
	LN_FINIT_MODULE_NPARAMS
};

#define LN_EV_PROCESS_VM_WRITEV 423
enum {
	LN_PROCESS_VM_WRITEV_res,
	LN_PROCESS_VM_WRITEV_pid,
	LN_PROCESS_VM_WRITEV_data,
	LN_PROCESS_VM_WRITEV_workdir,
	LN_PROCESS_VM_WRITEV_NPARAMS
};

#define LN_EV_DELETE_MODULE 425
enum {
	LN_DELETE_MODULE_res,
	LN_DELETE_MODULE_name,
	LN_DELETE_MODULE_flags,
	LN_DELETE_MODULE_workdir,
	LN_DELETE_MODULE_NPARAMS
};

#define LN_EV_SETREUID 427
enum {
	LN_SETREUID_res,
	LN_SETREUID_ruid,
	LN_SETREUID_euid,
	LN_SETREUID_workdir,
	LN_SETREUID_NPARAMS
};

#define LN_EV_SETREGID 429
enum {
	LN_SETREGID_res,
	LN_SETREGID_rgid,
	LN_SETREGID_egid,
	LN_SETREGID_workdir,
	LN_SETREGID_NPARAMS
};

#define LN_EV_PIVOT_ROOT 457
enum {
	LN_PIVOT_ROOT_res,
	LN_PIVOT_ROOT_new_root,
	LN_PIVOT_ROOT_put_old,
	LN_PIVOT_ROOT_new_root_dir,
	LN_PIVOT_ROOT_put_old_dir,
	LN_PIVOT_ROOT_workdir,
	LN_PIVOT_ROOT_NPARAMS
};

#define LN_EV_KEXEC_LOAD 459
enum {
	LN_KEXEC_LOAD_res,
	LN_KEXEC_LOAD_entry,
	LN_KEXEC_LOAD_nr_segments,
	LN_KEXEC_LOAD_flags,
	LN_KEXEC_LOAD_workdir,
	LN_KEXEC_LOAD_NPARAMS
};

#define LN_EV_KEXEC_FILE_LOAD 461
enum {
	LN_KEXEC_FILE_LOAD_res,
	LN_KEXEC_FILE_LOAD_fd,
	LN_KEXEC_FILE_LOAD_initrd_fd,
	LN_KEXEC_FILE_LOAD_cmdline,
	LN_KEXEC_FILE_LOAD_flags,
	LN_KEXEC_FILE_LOAD_fd_type,
	LN_KEXEC_FILE_LOAD_fd_path,
	LN_KEXEC_FILE_LOAD_fd_dev,
	LN_KEXEC_FILE_LOAD_fd_ino,
	LN_KEXEC_FILE_LOAD_fd_tuple,
	LN_KEXEC_FILE_LOAD_fd_proto,
	LN_KEXEC_FILE_LOAD_fd_role,
	LN_KEXEC_FILE_LOAD_workdir,
	LN_KEXEC_FILE_LOAD_NPARAMS
};

#define LN_EV_PERF_EVENT_OPEN 463
enum {
	LN_PERF_EVENT_OPEN_fd,
	LN_PERF_EVENT_OPEN_type,
	LN_PERF_EVENT_OPEN_config,
	LN_PERF_EVENT_OPEN_pid,
	LN_PERF_EVENT_OPEN_cpu,
	LN_PERF_EVENT_OPEN_group_fd,
	LN_PERF_EVENT_OPEN_flags,
	LN_PERF_EVENT_OPEN_fd_type,
	LN_PERF_EVENT_OPEN_fd_path,
	LN_PERF_EVENT_OPEN_fd_dev,
	LN_PERF_EVENT_OPEN_fd_ino,
	LN_PERF_EVENT_OPEN_fd_tuple,
	LN_PERF_EVENT_OPEN_fd_proto,
	LN_PERF_EVENT_OPEN_fd_role,
	LN_PERF_EVENT_OPEN_workdir,
	LN_PERF_EVENT_OPEN_NPARAMS
};

#define LN_EV_SWAPON 465
enum {
	LN_SWAPON_res,
	LN_SWAPON_path,
	LN_SWAPON_flags,
	LN_SWAPON_path_dir,
	LN_SWAPON_workdir,
	LN_SWAPON_NPARAMS
};

#define LN_EV_SETHOSTNAME 467
enum {
	LN_SETHOSTNAME_res,
	LN_SETHOSTNAME_name,
	LN_SETHOSTNAME_workdir,
	LN_SETHOSTNAME_NPARAMS
};

#define LN_EV_KEYCTL 469
enum {
	LN_KEYCTL_res,
	LN_KEYCTL_operation,
	LN_KEYCTL_arg2,
	LN_KEYCTL_arg3,
	LN_KEYCTL_workdir,
	LN_KEYCTL_NPARAMS
};

#endif

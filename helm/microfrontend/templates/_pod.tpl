{{/* What every container of the app has alike: image, settings, files, and nothing that it could do harm with. */}}
{{/* `bare`, beside the chart's scope: before the release, when none of its files, accounts and volumes is there yet. */}}
{{- define "app.container" -}}
image: {{ include "app.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  - {name: BIZOPS_APP, value: {{ include "app.name" . | quote }}}
  - {name: PORT, value: {{ .Values.port | quote }}}
  {{- if .Values.worker.enabled }}
  - {name: BIZOPS_WORKER_BEAT, value: /tmp/beat}
  {{- end }}
  {{- range $name, $value := (include "app.settings" . | fromYaml) }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
  {{- range $name, $where := (include "app.secrets" . | fromYaml) }}
  - name: {{ $name }}
    valueFrom: {secretKeyRef: {name: {{ tpl $where.name $ | quote }}, key: {{ $where.key | quote }}}}
  {{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: state, mountPath: /var/lib/bizops}
  {{- if not .bare }}
  {{- range $name, $file := (include "app.files" . | fromYaml) }}
  - {name: {{ printf "file-%s" $name }}, mountPath: {{ $file.path | quote }}, readOnly: true}
  {{- end }}
  {{- end }}
{{- end -}}

{{- define "app.pod" -}}
{{- if .bare }}
automountServiceAccountToken: false
{{- else }}
serviceAccountName: {{ include "app.account" . }}
automountServiceAccountToken: {{ or .Values.serviceAccount.token (eq (include "app.follows" .) "true") }}
{{- end }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with concat .Values.image.pullSecrets ((.Values.global.image).pullSecrets | default list) }}
imagePullSecrets:
  {{- range . | uniq }}
  - {name: {{ . | quote }}}
  {{- end }}
{{- end }}
volumes:
  - {name: tmp, emptyDir: {}}
  {{- if and .Values.state.size (not .bare) }}
  - {name: state, persistentVolumeClaim: {claimName: {{ include "app.full" . }}}}
  {{- else }}
  - {name: state, emptyDir: {}}
  {{- end }}
  {{- if not .bare }}
  {{- range $name, $file := (include "app.files" . | fromYaml) }}
  - name: {{ printf "file-%s" $name }}
    {{- if $file.secret }}
    secret: {secretName: {{ tpl $file.secret $ | quote }}, defaultMode: 0440}
    {{- else }}
    configMap: {name: {{ tpl $file.configMap $ | quote }}}
    {{- end }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/* Changes with what a process reads at its start, so that a change of it starts new pods. */}}
{{- define "app.digest" -}}
{{- list (include "app.settings" .) (include "app.secrets" .) (include "app.files" .) | toJson | sha256sum -}}
{{- end -}}

{{- define "app.spread" -}}
{{- if .Values.spread }}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "app.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

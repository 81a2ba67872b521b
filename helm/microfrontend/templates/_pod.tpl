{{/* What every container of the app has alike: image, settings, files, and nothing that it could do harm with. */}}
{{/* Takes the chart's scope with `files`: those that are mounted. A job before the release has none of its own yet. */}}
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
  {{- range $name, $value := .Values.settings }}
  - {name: {{ $name }}, value: {{ $value | toString | quote }}}
  {{- end }}
  {{- range $name, $where := .Values.secrets }}
  - name: {{ $name }}
    valueFrom: {secretKeyRef: {name: {{ $where.name | quote }}, key: {{ $where.key | quote }}}}
  {{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: state, mountPath: /var/lib/bizops}
  {{- range $name, $file := .files }}
  - {name: {{ printf "file-%s" $name }}, mountPath: {{ $file.path | quote }}, readOnly: true}
  {{- end }}
{{- end -}}

{{- define "app.pod" -}}
serviceAccountName: {{ include "app.account" . }}
automountServiceAccountToken: {{ .Values.serviceAccount.token }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {name: {{ . | quote }}}
  {{- end }}
{{- end }}
volumes:
  - {name: tmp, emptyDir: {}}
  {{- if .Values.state.size }}
  - {name: state, persistentVolumeClaim: {claimName: {{ include "app.full" . }}}}
  {{- else }}
  - {name: state, emptyDir: {}}
  {{- end }}
  {{- range $name, $file := .files }}
  - name: {{ printf "file-%s" $name }}
    {{- if $file.secret }}
    secret: {secretName: {{ $file.secret | quote }}, defaultMode: 0440}
    {{- else }}
    configMap: {name: {{ required (printf "files.%s: name a configMap or a secret" $name) $file.configMap | quote }}}
    {{- end }}
  {{- end }}
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
